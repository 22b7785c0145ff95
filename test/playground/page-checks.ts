/**
 * What a page must keep for everybody: names for what can be pressed, roles for
 * where one is, text that stands out from what it stands on. `describeFaults`
 * runs in the browser, so it uses nothing from around it.
 */

/** The faults of the page as it stands, in words; none is good. */
export function describeFaults(): string[] {
  const faults: string[] = [];
  const isSeen = (element: Element): boolean =>
    element.closest("[aria-hidden=true]") === null &&
    element.checkVisibility({ visibilityProperty: true, opacityProperty: true }) &&
    element.getBoundingClientRect().width > 1;
  const labelOf = (element: Element): string => {
    const labelled = document.getElementById(element.getAttribute("aria-labelledby") ?? "")?.textContent;
    const forIt = element.id === "" ? null : document.querySelector(`label[for="${element.id}"]`);
    return (
      [
        element.getAttribute("aria-label"),
        labelled,
        forIt?.textContent,
        element.textContent,
        element.getAttribute("alt"),
      ]
        .map((name) => name?.trim() ?? "")
        .find((name) => name !== "") ?? ""
    );
  };
  const shown = (element: Element): string =>
    `${element.tagName.toLowerCase()}${element.id === "" ? "" : `#${element.id}`}.${String(element.getAttribute("class"))} "${(element.textContent ?? "").trim().slice(0, 40)}"`;

  // === names and roles
  for (const element of document.querySelectorAll(
    "button, a[href], input:not([hidden]), textarea, [role=button], [role=option]",
  ))
    if (isSeen(element) && labelOf(element) === "") faults.push(`has no name: ${shown(element)}`);
  for (const image of document.querySelectorAll("img"))
    if (!image.hasAttribute("alt")) faults.push(`a picture without a description: ${shown(image)}`);
  for (const selector of [
    "main",
    "aside[aria-label]",
    "nav[aria-label]",
    "h1",
    "[role=log][aria-label]",
    "[role=status][aria-live=polite]",
  ])
    if (document.querySelector(selector) === null) faults.push(`there is no ${selector}`);
  if (document.documentElement.lang === "") faults.push("the page does not say its language");
  const ids = [...document.querySelectorAll("[id]")].map(({ id }) => id);
  for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) faults.push(`two elements are #${id}`);
  for (const element of document.querySelectorAll("button"))
    if (isSeen(element) && element.closest(".tools, .text, .quoted, .code, #banner, .document") === null) {
      const { width, height } = element.getBoundingClientRect();
      if (width < 24 || height < 24) faults.push(`is hard to hit (${width}×${height}): ${shown(element)}`);
    }

  // === contrast, by WCAG 2: 4.5 to 1
  const pen = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  if (pen === null) return ["no canvas to read colours with"];
  const paint = (colours: readonly string[]): number[] => {
    pen.clearRect(0, 0, 1, 1);
    for (const colour of colours) {
      pen.fillStyle = colour;
      pen.fillRect(0, 0, 1, 1);
    }
    return [...pen.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const light = (rgb: readonly number[]): number => {
    const [red = 0, green = 0, blue = 0] = rgb.map((value) => {
      const part = value / 255;
      return part <= 0.040_45 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  /** What an element stands on: every way its grounds can be laid, one for each colour of a gradient. */
  const groundsOf = (element: Element | null): string[][] => {
    if (element === null) return [["#fff"]];
    const { backgroundColor, backgroundImage } = getComputedStyle(element);
    const stops = backgroundImage.includes("linear-gradient")
      ? [
          ...backgroundImage
            .slice(backgroundImage.indexOf("linear-gradient"))
            .matchAll(/(?:rgba?|color)\([^)]*\)/g),
        ].map(([stop]) => stop)
      : [];
    const under = groundsOf(element.parentElement);
    return under.flatMap((below) =>
      stops.length === 0
        ? [[...below, backgroundColor]]
        : stops.map((stop) => [...below, backgroundColor, stop]),
    );
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    const element = node.parentElement;
    if (element === null || (node.textContent ?? "").trim() === "" || !isSeen(element)) continue;
    if (element.closest(".spoiler:not(.open), .unseen, [disabled], noscript, option") !== null) continue;
    const { color } = getComputedStyle(element);
    for (const grounds of groundsOf(element)) {
      const below = light(paint(grounds));
      const above = light(paint([...grounds, color]));
      const ratio = (Math.max(below, above) + 0.05) / (Math.min(below, above) + 0.05);
      if (ratio < 4.5) {
        faults.push(`contrast ${ratio.toFixed(2)}: ${shown(element)}`);
        break;
      }
    }
  }
  return faults;
}
