/**
 * The files of the page, as a browser takes them: TypeScript loses its types on
 * the way out, so there is nothing to build. Only what lies in `page/` is given.
 */
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { transform } from "esbuild";

/** A file, ready to be sent. */
export interface Asset {
  readonly type: string;
  readonly body: string;
}

const folder = join(import.meta.dirname, "page");

const types: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  css: "text/css; charset=utf-8",
  ts: "text/javascript; charset=utf-8",
  svg: "image/svg+xml",
};

/** Gives assets by name; undefined where there is none. A file that was changed is read again. */
export function createAssets(): (name: string) => Promise<Asset | undefined> {
  const known = new Map<string, { readonly mtimeMs: number; readonly asset: Asset }>();
  return async (name) => {
    // Compared with what is there, never joined unseen.
    if (!(await readdir(folder)).includes(name)) return undefined;
    const ending = name.split(".").at(-1) ?? "";
    const type = types[ending];
    if (type === undefined) return undefined;
    const path = join(folder, name);
    const { mtimeMs } = await stat(path);
    const before = known.get(name);
    if (before?.mtimeMs === mtimeMs) return before.asset;
    const source = await readFile(path, "utf8");
    const body = ending === "ts" ? await withoutTypes(source, name) : source;
    const asset = { type, body };
    known.set(name, { mtimeMs, asset });
    return asset;
  };
}

async function withoutTypes(source: string, name: string): Promise<string> {
  const { code } = await transform(source, { loader: "ts", target: "es2022", sourcefile: name });
  return code;
}
