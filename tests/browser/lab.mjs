// Test of a batch that runs in JupyterLab, started by `up42 lab`: its table is updated in one
// output.
//
//   node lab.mjs UP42 FOLDER
//
// UP42 is the program; the notebook and three screenshots are written to FOLDER. Ends with status 1
// if the table is not updated, or if the saved table is not its last state.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { chromium } from 'playwright-core';
import { freePort } from './jupyter.mjs';
import { PATIENCE } from './patience.mjs';

const [program, folder] = process.argv.slice(2);
const TOKEN = 'only-for-this-test';
const CELLS = [
  `use up42::simulator::{Clock, Simulator};
let platform = Simulator::builder().folder(${JSON.stringify(path.join(folder, 'platform'))}).clock(Clock::speed(12.0)).start()?;
let client = Client::builder().simulator(platform).build()?;
let workflow = client.project()?.workflow("live")?;
workflow.add_tasks(["sobloo-s2-l1c-aoiclipped"])?;
let place = Aoi::from_bbox([-17.5, 14.68, -17.46, 14.72])?.named("Dakar");
let months = (0..24).map(|month| (format!("20{:02}-{:02}-01", 18 + month / 12, month % 12 + 1), format!("20{:02}-{:02}-28", 18 + month / 12, month % 12 + 1)));
let months = months.collect::<Vec<_>>();
let parameters = workflow.construct_parameters_parallel(ParallelParameters::new().geometries(&place).interval_dates(months))?;
let batch = workflow.batch("months", parameters)?;`,
  'let jobs = batch.run()?;',
];

const notebook = {
  cells: CELLS.map((source, i) => ({ cell_type: 'code', execution_count: null, id: `cell-${i}`, metadata: {}, outputs: [], source })),
  metadata: { kernelspec: { name: 'up42', display_name: 'Rust (UP42)', language: 'rust' } }, nbformat: 4, nbformat_minor: 5,
};
const file = path.join(folder, 'live.ipynb');
writeFileSync(file, JSON.stringify(notebook));

const port = await freePort();
const lab = spawn(program, ['lab', folder, '--no-browser', `--port=${port}`, '--', '--allow-root', `--IdentityProvider.token=${TOKEN}`, '--LabApp.expose_app_in_browser=True'],
  { stdio: ['ignore', 'inherit', 'pipe'] });
let log = '';
lab.stderr.on('data', (text) => (log += text));
let browser, tab;
try {
  await until(async () => (await fetch(`http://localhost:${port}/api/status?token=${TOKEN}`).catch(() => null))?.ok, 'JupyterLab');
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });
  tab = await browser.newPage({ viewport: { width: 1300, height: 950 } });
  tab.setDefaultTimeout(PATIENCE);
  await tab.goto(`http://localhost:${port}/lab/tree/live.ipynb?reset&token=${TOKEN}`);
  await tab.waitForFunction(() => window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle');
  // The command's promise resolves when all cells have ended.
  await tab.evaluate(() => void window.jupyterapp.commands.execute('notebook:run-all-cells'));
  const cell = tab.locator('.jp-Notebook .jp-Cell').nth(1);
  const table = cell.locator('.jp-OutputArea-output');
  await table.first().waitFor();
  const node = await table.first().elementHandle();
  const states = [];
  /** Waits until this many jobs have succeeded, and takes a screenshot. */
  const moment = async (name, least) => {
    const done = async () => Number((await table.first().innerText()).match(/(\d+) succeeded/)?.[1]);
    await until(async () => (await done()) >= least, `${least} jobs that have succeeded`);
    states.push(await table.first().innerText());
    await tab.screenshot({ path: path.join(folder, `${name}.png`) });
    assert.equal(await cell.locator('.jp-OutputArea-child').count(), 1, 'the cell has one output');
  };
  await moment('begun', 1);
  await moment('halfway', 12);
  await moment('done', 24);
  assert.equal(new Set(states).size, 3, `the table stays: ${states[0]}`);
  assert.ok(await node.evaluate((output) => document.contains(output.closest('.jp-OutputArea'))), 'the same area holds it');
  await tab.waitForFunction(() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.status === 'idle');
  await tab.evaluate(() => window.jupyterapp.commands.execute('docmanager:save'));
  const saved = () => JSON.parse(readFileSync(file, 'utf8')).cells[1].outputs;
  await until(() => saved().length > 0, 'the saved notebook');
  assert.equal(saved().length, 1, 'one output is saved');
  const text = [saved()[0].data['text/plain']].flat().join('');
  assert.match(text, /24 succeeded/);
  console.log(text);
} catch (error) {
  console.error(log);
  await tab?.screenshot({ path: path.join(folder, 'failed.png') });
  throw error;
} finally {
  await browser?.close();
  lab.kill();
}

/** Polls until the condition holds. */
async function until(look, what) {
  const end = Date.now() + PATIENCE;
  while (!(await look())) {
    if (Date.now() > end) throw new Error(`${what}: not in ${PATIENCE / 1000} s`);
    await new Promise((done) => setTimeout(done, 50));
  }
}
