/**
 * Whether Telegram takes rich messages. It has no way to ask, so it is tried:
 * what is refused comes plain, and if none was ever taken, none is tried again
 * in this life. It does not know what is in them.
 */
import type { Part, RichPart } from "./delivery.ts";

export interface RichGate {
  /** The parts as they may be sent: what is refused is plain. */
  pass(parts: readonly Part[]): readonly Part[];
  taken(): void;
  refused(part: RichPart): void;
}

/** Makes the gate of one answer, which shares what is known with all others. */
export type OpenGate = () => RichGate;

/** Makes what all gates of a life know. */
export function createRichGates(): OpenGate {
  let state: "untried" | "taken" | "refused" = "untried";
  return () => {
    /** Refused for what is in it, by a server that takes others. */
    const here = new Set<string>();
    const isPlain = (part: RichPart): boolean => state === "refused" || here.has(JSON.stringify(part.blocks));
    return {
      pass: (parts) =>
        parts.flatMap((part) => (part.kind === "rich" && isPlain(part) ? [...part.plain] : [part])),
      taken: () => {
        state = "taken";
      },
      refused: (part) => {
        here.add(JSON.stringify(part.blocks));
        if (state === "untried") state = "refused";
      },
    };
  };
}
