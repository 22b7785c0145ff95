import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { folderFinder } from "../../bot/telegram/workspace.ts";
import { tempFolder } from "../store/room.ts";

async function machine() {
  const top = await tempFolder();
  const [one, two, other] = ["one", "two", "one-other"].map((name) => join(top, name)) as [
    string,
    string,
    string,
  ];
  for (const folder of [join(one, "app", "src"), join(two, "lib"), join(other, "secret")])
    await mkdir(folder, { recursive: true });
  await writeFile(join(one, "file.txt"), "x");
  await symlink(other, join(one, "way-out"));
  await symlink(join(two, "lib"), join(one, "way-over"));
  await symlink(join(one, "nowhere"), join(one, "broken"));
  await symlink(join(one, "loop"), join(one, "loop"));
  return { top, one, two, other, find: folderFinder([one, two], top) };
}

describe("a folder that a person names", () => {
  it("is found below a root: by its whole path, or from a root", async () => {
    const { one, two, find } = await machine();
    expect(await find(one)).toBe(one);
    expect(await find(join(one, "app/src"))).toBe(join(one, "app", "src"));
    expect(await find("app")).toBe(join(one, "app"));
    expect(await find("lib")).toBe(join(two, "lib"));
    expect(await find("app/../app/./src")).toBe(join(one, "app", "src"));
    expect(await find(".")).toBe(one);
  });

  it("is found from the person's home, which must be inside a root, too", async () => {
    const { top, two, find } = await machine();
    expect(await find("~/two/lib")).toBe(join(two, "lib"));
    expect(await find("~")).toBeUndefined();
    expect(await folderFinder([top], top)("~")).toBe(top);
  });

  it("is what a link leads to, if that lies below a root", async () => {
    const { two, find } = await machine();
    expect(await find("way-over")).toBe(join(two, "lib"));
  });

  it.each([
    ["outside", (top: string) => top],
    ["beside a root, with its name in front", (top: string) => join(top, "one-other")],
    ["up and out", () => "../one-other/secret"],
    ["a link that leads out", () => "way-out"],
    ["below a link that leads out", () => "way-out/secret"],
    ["a link to nothing", () => "broken"],
    ["a link to itself", () => "loop"],
    ["a file", () => "file.txt"],
    ["nothing that is there", () => "nothing"],
    ["a name with a NUL", () => "app\0/../../one-other"],
    ["a name that is far too long", () => "x".repeat(10_000)],
    ["a home that no shell has made one", () => "~"],
  ])("is not used where it is %s", async (_, wish) => {
    const { top, find } = await machine();
    expect(await find(wish(top))).toBeUndefined();
  });

  it("is never found where no roots are named", async () => {
    const { one } = await machine();
    expect(await folderFinder([], one)(one)).toBeUndefined();
    expect(await folderFinder([], one)("app")).toBeUndefined();
  });

  it("may be anywhere where the root is the whole machine", async () => {
    const { one } = await machine();
    expect(await folderFinder(["/"], one)(join(one, "app"))).toBe(join(one, "app"));
  });
});
