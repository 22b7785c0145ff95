/**
 * The page: one store, filled by the stream, shown by the parts around it.
 */
import { createComposer } from "./composer.ts";
import * as connection from "./connection.ts";
import { createHead } from "./head.ts";
import { announce, showDialog, toast, trying } from "./notices.ts";
import { createReader } from "./reader.ts";
import { createSidebar } from "./sidebar.ts";
import { Store } from "./store.ts";
import { createTimeline } from "./timeline.ts";

const store = new Store();

const copy = (text: string): void =>
  void navigator.clipboard.writeText(text).then(
    () => toast("Copied"),
    () => toast("The browser did not let it be copied"),
  );

async function press(message: number, row: number, column: number, button: HTMLButtonElement): Promise<void> {
  if (button.ariaBusy === "true") return;
  button.ariaBusy = "true";
  await trying(
    (async () => {
      const { isAnswered, text, isAlert } = await connection.press(message, row, column);
      if (!isAnswered) toast("The bot did not answer the button.");
      else if (isAlert) showDialog("Parley", text);
      else if (text !== "") toast(text);
    })(),
  );
  button.ariaBusy = "false";
}

const composer = createComposer(store, () => timeline.follow());
const timeline = createTimeline(
  store,
  {
    opened: new Set(),
    onCommand: (command) => void composer.say(command),
    onCopied: () => toast("Copied"),
    onCopy: copy,
    onPress: ({ id }, row, column, button) => void press(id, row, column, button),
    onReply: composer.reply,
    onEdit: composer.edit,
    onStop: (draft) => void trying(connection.stopDraft(draft)),
  },
  () => void composer.say("/start"),
);
createSidebar(store, () => composer.focus());
createHead(store);
createReader(store);

connection.follow(
  (change) => store.take(change),
  () => {
    if (store.isConnected) announce("The playground does not answer.");
    store.lose();
  },
);
composer.focus();
