/** `npm run load [-- CHATS]`: 200 chats, five messages each, and what it cost, a line a round. */
import { runLoad } from "./load.ts";

const chats = Number(process.argv[2] ?? 200);
const rounds = 5;
const pace = { words: 12, wordMs: 40 };

process.stdout.write(`${chats} chats, ${rounds} messages each, ${pace.words} words of ${pace.wordMs} ms\n`);
process.stdout.write("round  took s  messages  calls  lag p50/p99/max ms  CPU s  RSS MB  heap MB\n");
let number = 0;
const { faults } = await runLoad({
  chats,
  rounds,
  ...pace,
  roundMs: 240_000,
  onRound(round) {
    number += 1;
    const lag = [round.lagP50Ms, round.lagP99Ms, round.lagMaxMs].map((ms) => ms.toFixed(1)).join(" / ");
    const cells = [
      String(number).padStart(5),
      (round.tookMs / 1000).toFixed(1).padStart(7),
      String(round.messages).padStart(9),
      String(round.calls).padStart(6),
      lag.padStart(19),
      (round.cpuMs / 1000).toFixed(1).padStart(6),
      round.rssMb.toFixed(0).padStart(7),
      round.heapMb.toFixed(0).padStart(8),
    ];
    process.stdout.write(`${cells.join(" ")}\n`);
  },
});
for (const fault of faults) process.stdout.write(`${fault}\n`);
process.stdout.write(faults.length === 0 ? "Nothing lost, nothing twice, nothing out of order.\n" : "");
process.exitCode = faults.length === 0 ? 0 : 1;
