import { describe, expect, it } from "vitest";
import { namedBy } from "../../bot/store/session-ref.ts";

const NOTES = { id: "abcdef01-0000-4000-8000-000000000001", name: "Notes", folder: "notes-abcdef01" };
const TWIN = { id: "abcdef02-0000-4000-8000-000000000002", name: "notes", folder: "notes-abcdef02" };
/** Called as the other's id begins. */
const MISNAMED = {
  id: "99999999-0000-4000-8000-000000000003",
  name: "abcdef01",
  folder: "abcdef01-99999999",
};

const named = (ref: string) => namedBy(ref, [NOTES, TWIN, MISNAMED], (one) => one);

describe("a word names", () => {
  it.each([
    ["an id", NOTES.id, [NOTES]],
    ["a short id, though another is called so", "abcdef01", [NOTES]],
    ["a folder", NOTES.folder, [NOTES]],
    ["a name, in any capitals, of which there may be several", " NOTES ", [NOTES, TWIN]],
    ["the beginning of an id, of which there may be several", "ABCDEF0", [NOTES, TWIN]],
    ["four digits of one", "abcd", [NOTES, TWIN]],
    ["an id that is cut off behind its first eight", "abcdef01-00", [NOTES]],
    ["too little of an id: nothing", "abc", []],
    ["nothing: nothing", " ", []],
  ])("%s", (_, ref, expected) => expect(named(ref)).toEqual(expected));
});
