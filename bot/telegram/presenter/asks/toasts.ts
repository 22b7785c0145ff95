/**
 * What a press under an ask is answered with, in a few words.
 */

export const askToasts = {
  taken: "Noted.",
  late: "Running it again.",
  over: "That was decided before, or asks no more.",
  another: "Only the person who asked for this turn can decide it.",
  untick: "Tick at least one first, or Skip.",
  other: "Write your answer as a message.",
  change: "Write what should be different, as a message.",
  /** A no to what the bot's restart took from Claude. */
  undone: "The bot was restarted while this waited. It was not done.",
  /** An answer to it. */
  unheard: "The bot was restarted while this waited. Write your answer as a message.",
  disk_full: "The machine's disk is full, so nothing was begun. Press again when there is room.",
} as const;
