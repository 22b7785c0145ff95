/**
 * The folder of personas: one Markdown file each, read every time it is asked, so
 * that an edit counts from the next turn on. It promises that a bad file is named
 * with its fault and harms no other, and that no link leads out of the folder.
 */
import { constants } from "node:fs";
import { open, readdir, realpath } from "node:fs/promises";
import { dirname } from "node:path";
import { codeOf } from "../error-code.ts";
import { mapBounded } from "./lanes.ts";
import { isPersonaSlug, personaFile } from "./paths.ts";
import { parsePersona, type Persona, type PersonaFault, type PersonaRead } from "./persona.ts";

export type { Persona, PersonaFault };

export type Personas = ReturnType<typeof createPersonas>;

/** `slug` of a faulty file with a bad name is that name without its ending: to show, not to use. */
export interface PersonaList {
  /** `default` first, then by slug. */
  readonly personas: readonly Persona[];
  readonly faulty: readonly { readonly slug: string; readonly fault: PersonaFault }[];
}

export type PersonaResult =
  | { readonly ok: true; readonly persona: Persona }
  | { readonly ok: false; readonly kind: "absent" }
  | { readonly ok: false; readonly kind: "faulty"; readonly fault: PersonaFault };

const ENDING = ".md";
const DEFAULT = "default";
const MAX_BYTES = 256 * 1024;
const AT_ONCE = 8;

/** Personas of `folder`, an absolute path. Nothing is kept between calls. */
export function createPersonas({ folder }: { folder: string }) {
  async function readFile(slug: string): Promise<PersonaRead | undefined> {
    if (!isPersonaSlug(slug)) return { ok: false, fault: { kind: "bad_name" } };
    const text = await readText(folder, personaFile(folder, slug));
    if (text === undefined) return undefined;
    return text.ok ? parsePersona(slug, text.text) : text;
  }

  return {
    /** Every `*.md` in the folder but a README; a folder that is not there has none. */
    async list(): Promise<PersonaList> {
      const names = await readdir(folder).catch((error: unknown) => {
        if (codeOf(error) === "ENOENT") return [];
        throw error;
      });
      const slugs = names
        .filter(
          (name) => name.endsWith(ENDING) && !name.startsWith(".") && name.toLowerCase() !== "readme.md",
        )
        .map((name) => name.slice(0, -ENDING.length))
        .sort((a, b) => Number(b === DEFAULT) - Number(a === DEFAULT) || (a < b ? -1 : 1));
      const reads = await mapBounded(slugs, AT_ONCE, async (slug) => ({ slug, read: await readFile(slug) }));
      return {
        personas: reads.flatMap(({ read }) => (read?.ok === true ? [read.persona] : [])),
        faulty: reads.flatMap(({ slug, read }) => (read?.ok === false ? [{ slug, fault: read.fault }] : [])),
      };
    },

    /** One persona as its file is now. A slug that cannot be a file's name is absent. */
    async read(slug: string): Promise<PersonaResult> {
      const read = isPersonaSlug(slug) ? await readFile(slug) : undefined;
      if (read === undefined) return { ok: false, kind: "absent" };
      return read.ok ? read : { ok: false, kind: "faulty", fault: read.fault };
    },
  };
}

type Text = { ok: true; text: string } | { ok: false; fault: PersonaFault };

/** The text of a plain file of at most 256 KiB inside `folder`; undefined if there is none. */
async function readText(folder: string, path: string): Promise<Text | undefined> {
  try {
    const real = await realpath(path);
    if (dirname(real) !== (await realpath(folder))) return { ok: false, fault: { kind: "outside" } };
    // Without O_NONBLOCK, opening a FIFO waits for ever.
    const file = await open(real, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
    try {
      const stat = await file.stat();
      if (!stat.isFile()) return { ok: false, fault: { kind: "not_a_file" } };
      if (stat.size > MAX_BYTES) return { ok: false, fault: { kind: "too_big", maxBytes: MAX_BYTES } };
      return decode(await file.readFile());
    } finally {
      await file.close();
    }
  } catch (error) {
    const code = codeOf(error) ?? String(error);
    if (code === "ENOENT") return undefined;
    return { ok: false, fault: { kind: "unreadable", code } };
  }
}

function decode(data: Uint8Array): Text {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(data);
    if (!text.includes("\0")) return { ok: true, text };
  } catch {
    // Not UTF-8: the same fault.
  }
  return { ok: false, fault: { kind: "not_text" } };
}
