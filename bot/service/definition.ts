/**
 * What a supervisor needs to know to keep the bot running, and how it is written
 * for each. Types and the checks that both share.
 */

/** One bot as a service. Paths are absolute. */
export interface ServiceDefinition {
  /** `[a-z0-9-]`, so that several checkouts can have one each. */
  readonly name: string;
  /** The repository: settings, data and sources lie here. */
  readonly folder: string;
  /** The Node that runs it. */
  readonly node: string;
  /** Where programs are found: a supervisor starts with a poor PATH, and Claude's tools need the person's. */
  readonly path: string;
  /** Let turns that run live through a restart of the bot. */
  readonly keepsTurns: boolean;
}

/** The program and its arguments, as `npm start` has them, without npm in between. */
export const commandOf = ({ node }: ServiceDefinition): readonly string[] => [node, "bot/launch.cjs", "main"];

const NAME = /^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$/;

/** Why no service can be made of this, as a sentence; undefined if one can. */
export function definitionFault({ name, folder, node, path }: ServiceDefinition): string | undefined {
  if (!NAME.test(name)) return "The name must be small letters, digits and - only, at most 32.";
  // A line break would begin a setting of its own.
  if ([folder, node, path].some((value) => /\p{Cc}/u.test(value)))
    return "A path has a control character in it; no service can be made of that.";
  return undefined;
}
