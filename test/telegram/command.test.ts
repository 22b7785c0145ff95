import { expect, it } from "vitest";
import { wordsOf } from "../../bot/telegram/command.ts";

it.each([
  ["", []],
  ["  \n ", []],
  ["one two", ["one", "two"]],
  [" one\n\ttwo ", ["one", "two"]],
  ['"two words" three', ["two words", "three"]],
  ["'two words' “three of them”", ["two words", "three of them"]],
  ['"" x', ["", "x"]],
  ['"never closed', ['"never', "closed"]],
  ["it's 5 o'clock", ["it's", "5", "o'clock"]],
])("%j is the words %j", (text, words) => {
  expect(wordsOf(text)).toEqual(words);
});
