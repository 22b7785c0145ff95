/**
 * What the page knows of the chat: the last state, merged from the stream, and
 * which topic is looked at. Views subscribe; nobody else writes.
 */
import type { WireChange, WireMessage, WireState } from "../wire.ts";

const empty: WireState = {
  bot: { name: "Parley", isRunning: true, ending: "" },
  claude: { isScripted: false, title: "", sentence: "" },
  folder: "",
  commands: [],
  topics: [],
  typing: [],
  drafts: [],
  messages: [],
};

/** What just came, for who must tell new from old. */
export interface News {
  readonly isWhole: boolean;
  readonly changed: readonly WireMessage[];
}

type Listener = (news: News) => void;

const nothingNew: News = { isWhole: false, changed: [] };

/** The store of one page. */
export class Store {
  state: WireState = empty;
  /** Whether the stream stands. */
  isConnected = false;
  /** The topic that is looked at; undefined is the chat itself. */
  topic: number | undefined;
  readonly #messages = new Map<number, WireMessage>();
  readonly #listeners = new Set<Listener>();

  /** The messages of the topic that is looked at, oldest first. */
  get shown(): readonly WireMessage[] {
    return this.state.messages.filter(({ topic }) => topic === this.topic);
  }

  /** A message that stands somewhere in the chat. */
  message(id: number): WireMessage | undefined {
    return this.#messages.get(id);
  }

  subscribe(listener: Listener): void {
    this.#listeners.add(listener);
  }

  /** Takes what the stream brought. */
  take({ isWhole: whole, gone = [], messages = [], ...rest }: WireChange): void {
    const isWhole = whole === true;
    this.isConnected = true;
    if (isWhole) this.#messages.clear();
    for (const id of gone) this.#messages.delete(id);
    for (const message of messages) this.#messages.set(message.id, message);
    const isChanged = isWhole || gone.length > 0 || messages.length > 0;
    const sorted = isChanged ? [...this.#messages.values()].sort((a, b) => a.id - b.id) : this.state.messages;
    this.state = { ...this.state, ...rest, messages: sorted };
    if (this.topic !== undefined && !this.state.topics.some(({ id }) => id === this.topic))
      this.topic = undefined;
    this.#tell({ isWhole, changed: messages });
  }

  lose(): void {
    this.isConnected = false;
    this.#tell(nothingNew);
  }

  /** Looks at another topic. */
  choose(topic: number | undefined): void {
    this.topic = topic;
    this.#tell(nothingNew);
  }

  #tell(news: News): void {
    for (const listener of this.#listeners) listener(news);
  }
}
