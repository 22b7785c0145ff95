/**
 * What the set-up sends to prove that it worked. Pure.
 */
import { code, f, type Formatted } from "../formatted.ts";

export const setUpMessage = (): Formatted =>
  f`✅ Parley is set up, and you may use it. Start it with ${code("npm start")} on your machine, then write here.`;
