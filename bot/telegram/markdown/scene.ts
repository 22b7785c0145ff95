/**
 * What all renderers of one document share: the page, the source, what its
 * references point to, and how deep in the tree they are.
 */
import type { Definition, Nodes, Root } from "mdast";
import type { Page } from "./page.ts";

export interface Scene {
  readonly page: Page;
  readonly source: string;
  /** By identifier; the first definition counts. */
  readonly definitions: ReadonlyMap<string, Definition>;
  readonly depth: number;
  readonly isInLink: boolean;
  readonly isInQuote: boolean;
}

// The tree may be thousands deep, the stack and a reader's patience are not.
const maxDepth = 60;

/** The scene one level down, or `undefined` where the tree is too deep: then show the source. */
export function deeper(scene: Scene): Scene | undefined {
  return scene.depth >= maxDepth ? undefined : { ...scene, depth: scene.depth + 1 };
}

/** A node as it stands in the Markdown. */
export function sourceOf(node: Nodes, scene: Scene): string {
  const { start, end } = node.position ?? {};
  return scene.source.slice(start?.offset ?? 0, end?.offset ?? 0);
}

/** What the references of a document point to, by identifier; the first definition counts. */
export function findDefinitions(tree: Root): ReadonlyMap<string, Definition> {
  const found = new Map<string, Definition>();
  const open: Nodes[] = [tree];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (node.type === "definition" && !found.has(node.identifier)) found.set(node.identifier, node);
    if ("children" in node) for (const child of node.children.toReversed()) open.push(child);
  }
  return found;
}
