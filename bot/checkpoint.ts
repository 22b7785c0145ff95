/**
 * The named steps of taking, running, sending and archiving. In life they do
 * nothing; the crash tests have the bot kill itself at one, the way a power cut
 * would, and look at what the next start makes of it.
 */

/** Makes the function that every step calls; `killAt` is a step's name, with `:n` for its n-th time. */
export function createCheckpoint(killAt: string, kill: () => void): (name: string) => void {
  if (killAt === "") return () => {};
  const [, wanted = killAt, nth = "1"] = /^(.*?)(?::(\d+))?$/.exec(killAt) ?? [];
  let left = Number(nth);
  return (name) => {
    if (name !== wanted) return;
    left -= 1;
    if (left === 0) kill();
  };
}
