/**
 * The files that wait to be sent with the next message. Pictures go as photos,
 * made into JPEG as Telegram's apps do, unless the person wants them as files.
 */
import { upload } from "./connection.ts";
import { icon, make, makeButton, sizeWords, the } from "./dom.ts";
import { toast } from "./notices.ts";

interface Waiting {
  readonly file: File;
  isPhoto: boolean;
  readonly preview?: string;
}

const maxBytes = 50 * 1024 * 1024;
/** The longer side of a photo, as Telegram's apps make it. */
const photoPx = 1280;
const photoQuality = 0.87;

/** The tray of one composer; `onChange` after each file that came or went. */
export function createTray(onChange: () => void) {
  const list = the("tray", HTMLUListElement);
  let waiting: Waiting[] = [];

  function draw(): void {
    list.hidden = waiting.length === 0;
    list.replaceChildren(...waiting.map((one) => drawOne(one)));
    onChange();
  }

  function drawOne(one: Waiting): HTMLElement {
    const { file, preview } = one;
    const face =
      preview !== undefined && one.isPhoto
        ? make("img", { src: preview, alt: "" })
        : make("span", { class: "disc" }, icon("file"));
    const remove = makeButton({ class: "icon", "aria-label": `Do not send ${file.name}` }, () => {
      waiting = waiting.filter((other) => other !== one);
      if (preview !== undefined) URL.revokeObjectURL(preview);
      draw();
    });
    remove.append(icon("close"));
    const kind = makeButton({ class: "kind" }, () => {
      one.isPhoto = !one.isPhoto;
      draw();
    });
    kind.textContent = one.isPhoto ? "as photo" : "as file";
    kind.setAttribute(
      "aria-label",
      `${file.name} is sent ${one.isPhoto ? "as a photo" : "as a file"}; change`,
    );
    return make(
      "li",
      {},
      face,
      make("span", { class: "about" }, make("strong", {}, file.name), make("span", {}, sizeWords(file.size))),
      preview === undefined ? undefined : kind,
      remove,
    );
  }

  return {
    get isEmpty(): boolean {
      return waiting.length === 0;
    },
    add(files: Iterable<File>): void {
      for (const file of files) {
        if (file.size > maxBytes) {
          toast(`${file.name} is larger than Telegram takes (50 MB).`);
          continue;
        }
        if (file.size === 0) {
          toast(`${file.name} is empty.`);
          continue;
        }
        const isPicture = /^image\/(?:png|jpeg|webp|gif|bmp|avif)$/.test(file.type);
        waiting.push({
          file,
          isPhoto: isPicture && file.type !== "image/gif",
          ...(isPicture ? { preview: URL.createObjectURL(file) } : {}),
        });
      }
      draw();
    },
    clear(): void {
      waiting = [];
      draw();
    },
    /** Hands all of them over; gives what `send` takes. */
    uploaded: (): Promise<{ id: string; isPhoto: boolean }[]> =>
      Promise.all(
        waiting.map(async ({ file, isPhoto }) => {
          const photo = isPhoto ? await asPhoto(file) : undefined;
          const id = photo === undefined ? await upload(file.name, file) : await upload("photo.jpg", photo);
          return { id, isPhoto: photo !== undefined };
        }),
      ),
  };
}

/** A picture as a JPEG of at most 1280 px; undefined where the browser cannot read it, and then it goes as a file. */
async function asPhoto(file: File): Promise<Blob | undefined> {
  try {
    const picture = await createImageBitmap(file);
    const scale = Math.min(1, photoPx / Math.max(picture.width, picture.height));
    const canvas = make("canvas", {
      width: Math.max(1, Math.round(picture.width * scale)),
      height: Math.max(1, Math.round(picture.height * scale)),
    });
    const pen = canvas.getContext("2d");
    if (pen === null) return undefined;
    pen.fillStyle = "#fff";
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise<Blob | null>((resolve) =>
      canvas.toBlob(resolve, "image/jpeg", photoQuality),
    );
    return blob ?? undefined;
  } catch {
    return undefined;
  }
}
