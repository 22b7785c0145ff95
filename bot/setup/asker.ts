/**
 * How the set-up asks: in a terminal (`terminal.ts`), or not at all (`quiet.ts`).
 * A question that gets no answer ends the set-up from wherever it was asked, so
 * that is thrown, as `Abandoned`, and caught once, in `main.ts`.
 */

/** Why the set-up ended early, as a sentence; nothing was changed unless it says so. */
export class Abandoned extends Error {
  readonly exitCode: number;
  constructor(sentence: string, exitCode = 1) {
    super(sentence);
    this.name = "Abandoned";
    this.exitCode = exitCode;
  }
}

/** What every question has: its words, and the flag that answers it, as the end of "Give …". */
interface Question {
  readonly message: string;
  readonly flag: string;
}

export interface TextQuestion extends Question {
  /** What is wrong with an answer; undefined if nothing is. */
  readonly check: (answer: string) => string | undefined;
  /** What stands there already; it is the answer of who is not asked. */
  readonly initial?: string;
  readonly placeholder?: string;
}

export interface Choice<T extends string> {
  readonly value: T;
  readonly label: string;
  readonly hint?: string;
}

export interface Asker {
  /** false: every question is answered by what is known, or ends the set-up. */
  readonly canAsk: boolean;
  tell(text: string): void;
  warn(text: string): void;
  /** What is typed is not shown. */
  secret(question: TextQuestion): Promise<string>;
  text(question: TextQuestion): Promise<string>;
  /** Without `initial` nobody may answer it but the person. */
  confirm(question: Question & { readonly initial?: boolean }): Promise<boolean>;
  choose<T extends string>(
    question: Question & { readonly options: readonly Choice<T>[]; readonly initial: T },
  ): Promise<T>;
  /** Shows that `work` goes on. */
  busy<T>(message: string, work: () => Promise<T>): Promise<T>;
}
