// A Jupyter server with the versions that `tests/python/jupyter.txt` pins, with JupyterLab and
// Notebook 7, in separate folders.

import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PATIENCE } from './patience.mjs';

const python3 = process.platform === 'win32' ? 'python' : 'python3';
const environment = path.join(import.meta.dirname, '../python/environment.py');

// The server ends with its standard input, which is closed whenever this process ends.
const SERVER = `
import os, sys, threading
threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
from jupyter_server.serverapp import main
main()
`;

/** Returns the interpreter with Jupyter; null, with a message, if it cannot be installed. */
export function python() {
  try {
    return execFileSync(python3, [environment, 'jupyter'], { encoding: 'utf8' }).trim();
  } catch (error) {
    if (process.env.UP42_REQUIRE_DATA) throw error;
    console.error(`SKIPPED, ALL TESTS IN JUPYTER: \`${python3} ${environment} jupyter\` failed`);
    return null;
  }
}

/** Starts a server with two copies of a notebook, `trusted.ipynb` and `untrusted.ipynb`. Returns
 *  `{ lab(name), notebook(name), host, stop() }`: functions that return a notebook's URL, the
 *  host, and a function to call in the end. */
export async function start(python, notebook) {
  const home = mkdtempSync(path.join(tmpdir(), 'up42-jupyter-'));
  const folder = (name) => {
    mkdirSync(path.join(home, name));
    return path.join(home, name);
  };
  const work = folder('work');
  const environ = {
    ...process.env, HOME: home, USERPROFILE: home, IPYTHONDIR: folder('ipython'), JUPYTER_PLATFORM_DIRS: '1',
    JUPYTER_CONFIG_DIR: folder('config'), JUPYTER_DATA_DIR: folder('data'), JUPYTER_RUNTIME_DIR: folder('runtime'),
  };
  for (const name of ['trusted', 'untrusted']) {
    // Jupyter trusts content, so the two copies must differ.
    const one = { ...notebook, metadata: { ...notebook.metadata, title: name } };
    writeFileSync(path.join(work, `${name}.ipynb`), JSON.stringify(one));
  }
  const sign = 'from nbformat.sign import TrustNotebookApp; TrustNotebookApp.launch_instance()';
  execFileSync(python, ['-c', sign, path.join(work, 'trusted.ipynb')], { env: environ, stdio: 'ignore' });
  const settings = path.join(environ.JUPYTER_CONFIG_DIR, 'lab/user-settings/@jupyterlab/apputils-extension');
  mkdirSync(settings, { recursive: true });
  writeFileSync(path.join(settings, 'notification.jupyterlab-settings'), '{"fetchNews": "false", "checkForUpdates": false}');

  const port = await freePort();
  const token = 'only-for-this-test';
  const server = spawn(python, ['-c', SERVER, '--no-browser', '--allow-root', `--ServerApp.port=${port}`, '--ServerApp.port_retries=0',
    `--IdentityProvider.token=${token}`, `--ServerApp.root_dir=${work}`, '--ServerApp.open_browser=False',
    // No news and updates are requested, and tests can select a theme by command.
    '--LabApp.news_url=', '--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate', '--LabApp.extension_manager=readonly',
    '--LabApp.expose_app_in_browser=True', '--JupyterNotebookApp.expose_app_in_browser=True',
  ], { cwd: work, env: environ, stdio: ['pipe', 'ignore', 'pipe'] });
  let log = '';
  server.stderr.on('data', (text) => (log += text));
  const gone = new Promise((done) => server.once('exit', done));
  const stop = async () => {
    server.kill('SIGKILL');
    await gone;
    rmSync(home, { recursive: true, force: true, maxRetries: 5 });
  };
  const host = `localhost:${port}`;
  try {
    await answers(`http://${host}/api/status?token=${token}`, server);
  } catch (error) {
    await stop();
    throw new Error(`Jupyter did not start: ${error.message}\n${log}`);
  }
  const at = (place) => (name) => `http://${host}/${place}/${name}.ipynb?reset&token=${token}`;
  return { host, lab: at('lab/tree'), notebook: at('notebooks'), stop };
}

/** Converts a notebook to nbconvert's page. */
export function convert(python, notebook, html) {
  execFileSync(python, ['-m', 'nbconvert', '--to', 'html', '--output', path.resolve(html), notebook], { stdio: 'pipe' });
}

/** Returns a free port. */
export function freePort() {
  return new Promise((done, failed) => {
    const probe = createServer().once('error', failed);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => done(port));
    });
  });
}

async function answers(url, server) {
  const end = Date.now() + PATIENCE;
  while (Date.now() < end) {
    if (server.exitCode !== null) throw new Error(`it ended with ${server.exitCode}`);
    try {
      if ((await fetch(url)).ok) return;
    } catch { /* not yet */ }
    await new Promise((done) => setTimeout(done, 200));
  }
  throw new Error(`no answer in ${PATIENCE / 1000} s`);
}
