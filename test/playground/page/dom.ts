/**
 * Small ways to make elements. Text is always a text node: nothing that anybody
 * wrote is ever markup.
 */

type Child = Node | string | undefined;

/** Attributes by name; `undefined` and `false` are left out, `true` stands without a value. */
type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;

/** Makes an element. */
export function make<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes))
    if (value !== undefined && value !== false)
      element.setAttribute(name, value === true ? "" : String(value));
  element.append(...children.filter((child) => child !== undefined));
  return element;
}

/** The element with an id and of a kind; the page has it or is broken. */
export function the<Type extends HTMLElement>(id: string, kind: new () => Type): Type {
  const element = document.getElementById(id);
  if (!(element instanceof kind)) throw new Error(`the page has no #${id}`);
  return element;
}

/** A button that does something. */
export function makeButton(
  attributes: Attributes,
  onClick: (event: MouseEvent) => void,
  ...children: readonly Child[]
): HTMLButtonElement {
  const button = make("button", { type: "button", ...attributes }, ...children);
  button.addEventListener("click", onClick);
  return button;
}

/** The lines of the icons, each in a box of 24. */
const shapes = {
  attach:
    "M20 11.500 12.300 19a5 5 0 0 1-7.100-7.100l8.200-8a3.400 3.400 0 0 1 4.800 4.800l-8 7.900a1.700 1.700 0 0 1-2.400-2.400l7.300-7.200",
  send: "M4.500 12 3 4.500 21 12 3 19.500 4.500 12Zm0 0H12",
  menu: "M4 7h16M4 12h16M4 17h10",
  sun: "M12 3v2M12 19v2M3 12h2M19 12h2M5.600 5.600 7 7M17 17l1.400 1.400M18.400 5.600 17 7M7 17l-1.400 1.400M16 12a4 4 0 1 1-8 0 4 4 0 0 1 8 0Z",
  moon: "M20 14.500A8.500 8.500 0 0 1 9.500 4 8.500 8.500 0 1 0 20 14.500Z",
  help: "M9.200 9.300A2.900 2.900 0 0 1 12 7c1.700 0 3 1.200 3 2.700 0 2-3 2.300-3 4.300M12 17.500v.1M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0Z",
  plus: "M12 5v14M5 12h14",
  down: "M12 5v14M6 13l6 6 6-6",
  reply: "M10 7 5 12l5 5M5 12h9a5 5 0 0 1 5 5v1",
  copy: "M9 9h10v11H9zM15 9V4H5v11h4",
  edit: "M14.500 6.500l3 3M5 19l1-4L16 5l3 3L9 18l-4 1Z",
  close: "M6 6l12 12M18 6 6 18",
  file: "M7 3h7l4 4v14H7zM14 3v4h4",
  save: "M12 4v11M7 11l5 5 5-5M5 20h14",
  chat: "M12 4c5 0 8.500 3.200 8.500 7.300S17 18.700 12 18.700c-1.200 0-2.300-.2-3.300-.5L4 20l1.200-3.900A7 7 0 0 1 3.500 11.300C3.500 7.200 7 4 12 4Z",
  topic: "M9 4 7 20M17 4l-2 16M4 9h16M4 15h16",
  stop: "M7 7h10v10H7z",
} as const;

/** An icon; decoration only, so the button around it needs a name. */
export function icon(name: keyof typeof shapes): SVGSVGElement {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.classList.add("shape");
  const path = document.createElementNS(space, "path");
  path.setAttribute("d", shapes[name]);
  svg.append(path);
  return svg;
}

/** Bytes as a person reads them. */
export function sizeWords(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 * 1024) return `${(bytes / 1024).toFixed(bytes < 10_240 ? 1 : 0)} kB`;
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}

/** The hour of a moment (ms), as the person's own language writes it. */
export function timeWords(at: number): string {
  return new Date(at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
}
