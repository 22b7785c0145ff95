/**
 * How large a file may be that goes into a chat: known where files are made and
 * offered, so that nothing is promised which cannot be kept. Values only.
 */

/** What Telegram takes of a bot, in bytes, with room for how it counts its 50 and 10 MB. */
export const MOST_SENT_BYTES = { file: 50_000_000, photo: 10_000_000 };
