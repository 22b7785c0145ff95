/**
 * /search WORDS: where it was said, in live and archived sessions. What was found
 * is remembered for its pages, by an id of ours; a restart forgets it, and its
 * buttons to switch and to restore go on working.
 */
import { search, type SearchDeps, type SearchResult } from "../../turns/search/search.ts";
import type { Command, Request, WorkButton } from "../command.ts";
import type { Part } from "../delivery.ts";
import { searchExpired, searchHelp, searchResults } from "../presenter/search.ts";

export interface SearchCommandDeps extends SearchDeps {
  readonly now: () => Date;
}

/** So many searches can still be paged through. */
const REMEMBERED = 20;
const MOST_UNITS = 200;

interface Remembered {
  readonly chatId: number;
  readonly text: string;
  readonly result: SearchResult;
}

/** The command, and the button that turns the page: `found:<search>:<page>`. */
export function searchCommand(deps: SearchCommandDeps): { command: Command; button: WorkButton } {
  const searches = new Map<string, Remembered>();

  function remember(id: string, one: Remembered): void {
    searches.set(id, one);
    const [oldest] = searches.keys();
    if (searches.size > REMEMBERED && oldest !== undefined) searches.delete(oldest);
  }

  const find = ({ place, text }: Request) => {
    const [id = "", page] = text.split(":");
    const one = searches.get(id);
    return one?.chatId === place.chatId ? { id, page: Number(page) || 0, ...one } : undefined;
  };

  const show = (id: string, { text, result }: Remembered, page: number): Part[] =>
    searchResults({ id, text, result, page, now: deps.now() });

  return {
    command: {
      name: "search",
      description: "find what was said, archives too: /search WORDS",
      isSlow: true,
      isHarmless: true,
      async run({ updateId, place: { chatId }, text: given }) {
        const text = given.slice(0, MOST_UNITS).toWellFormed();
        if (text.trim() === "") return searchHelp();
        const one = { chatId, text, result: await search(deps, { chatId, text }) };
        const id = String(updateId);
        remember(id, one);
        return show(id, one, 0);
      },
    },
    button: {
      kind: "found",
      refuse: (request) => (find(request) === undefined ? searchExpired : undefined),
      async press(request) {
        const one = find(request);
        return one && show(one.id, one, one.page);
      },
    },
  };
}
