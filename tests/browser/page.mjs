// Opens an executed notebook's page from a file, without a network. Fails on a console error, on
// any request, if a map or a chart is not drawn, and if the page has neither.
//
//   node page.mjs PAGE.html SHOT.png [PICTURE.jpg]
//
// SHOT is a screenshot of the whole page; PICTURE is one of the first map, for the README.

import path from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";
import { PATIENCE } from "./patience.mjs";

const [page, shot, picture] = process.argv.slice(2);
if (!page || !shot) {
  console.error("usage: node page.mjs PAGE.html SHOT.png [PICTURE.jpg]");
  process.exit(2);
}

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"],
});
const problems = [];
try {
  const context = await browser.newContext({ viewport: { width: 1100, height: 900 }, deviceScaleFactor: 2, offline: true });
  context.setDefaultTimeout(PATIENCE);
  const tab = await context.newPage();
  tab.on("console", (message) => message.type() === "error" && problems.push(`console: ${message.text()}`));
  tab.on("pageerror", (error) => problems.push(`script: ${error.message}`));
  tab.on("request", (request) => {
    const { protocol } = new URL(request.url());
    if (!["file:", "data:", "blob:", "about:"].includes(protocol)) problems.push(`request: ${request.url()}`);
  });
  const start = Date.now();
  await tab.goto(pathToFileURL(path.resolve(page)).href, { waitUntil: "load" });

  const maps = await tab.locator("iframe").all();
  const charts = await tab.locator('img[src^="data:image/svg+xml"]').all();
  if (maps.length + charts.length === 0) problems.push("the page has neither a map nor a chart");
  for (const [index, chart] of charts.entries()) {
    const width = await chart.evaluate((image) => image.decode().then(() => image.naturalWidth, () => 0));
    if (width < 300) problems.push(`chart ${index + 1} is ${width} pixels wide: is it drawn?`);
  }
  for (const [index, map] of maps.entries()) {
    await map.scrollIntoViewIfNeeded();
    // A map decodes its images while it is visible: the viewer sets a mark when all are painted.
    const stage = map.contentFrame().locator(".stage");
    await stage.waitFor();
    while (!(await stage.evaluate(() => performance.getEntriesByName("sharp").length))) {
      if (Date.now() > start + PATIENCE) throw new Error(`map ${index + 1} is not painted`);
      await tab.evaluate(() => new Promise(requestAnimationFrame));
    }
    const colours = await coloursOf(tab, await map.screenshot());
    console.log(`map ${index + 1} of ${maps.length}: ${colours} colours`);
    if (colours < 500) problems.push(`map ${index + 1} shows ${colours} colours: are the images there?`);
  }
  if (picture && maps.length > 0) await maps[0].screenshot({ path: picture, type: "jpeg", quality: 85 });
  await tab.evaluate(() => window.scrollTo(0, 0));
  await tab.screenshot({ path: shot, fullPage: true });
  console.log(`opened in ${Date.now() - start} ms, ${maps.length} maps, ${charts.length} charts, wrote ${shot}`);
} finally {
  await browser.close();
}
for (const problem of problems) console.error(problem);
process.exit(problems.length === 0 ? 0 : 1);

/** Counts the different colours of a screenshot, coarsely. */
async function coloursOf(tab, png) {
  return tab.evaluate(async (base64) => {
    const image = await createImageBitmap(await (await fetch(`data:image/png;base64,${base64}`)).blob());
    const canvas = new OffscreenCanvas(image.width, image.height).getContext("2d");
    canvas.drawImage(image, 0, 0);
    const { data } = canvas.getImageData(0, 0, image.width, image.height);
    const seen = new Set();
    for (let i = 0; i < data.length; i += 4) seen.add(((data[i] >> 3) << 10) | ((data[i + 1] >> 3) << 5) | (data[i + 2] >> 3));
    return seen.size;
  }, png.toString("base64"));
}
