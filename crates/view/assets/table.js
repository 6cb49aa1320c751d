// Sorts by a click on a heading, and filters by a search field. Without this script the table is
// complete.
(() => {
  const root = document.currentScript?.parentElement;
  const table = root?.querySelector('table');
  if (!table?.tHead) return;
  const body = table.tBodies[0];
  const rows = [...body.rows];
  const heads = [...table.tHead.rows[0].cells];
  const words = new Intl.Collator(undefined, { numeric: true }).compare;
  // Otherwise JupyterLab handles the keys as its own shortcuts.
  const keepKeys = (element) => element.setAttribute('data-lm-suppress-shortcuts', '');

  heads.forEach((head, column) => {
    if (!head.textContent.trim() || body.querySelector(`td:nth-child(${column + 1}) img`)) return;
    const isNumber = head.classList.contains('up42-right');
    // Unknown values are undefined, and come last in both directions.
    const key = (row) => {
      const cell = row.cells[column];
      const text = cell.textContent.trim();
      if (!isNumber) return text === '–' ? undefined : text;
      const value = Number(cell.dataset.sort ?? (text || NaN));
      return isNaN(value) ? undefined : value;
    };
    const compare = isNumber ? (a, b) => a - b : words;
    const button = document.createElement('button');
    button.type = 'button';
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener('click', () => {
      // Ascending, descending, original order.
      const direction = { ascending: -1, descending: 0 }[head.ariaSort] ?? 1;
      for (const other of heads) other.ariaSort = null;
      if (direction) head.ariaSort = direction > 0 ? 'ascending' : 'descending';
      const keyed = rows.map((row) => [row, key(row)]);
      const order = ([, a], [, b]) =>
        a === undefined || b === undefined ? (a === undefined) - (b === undefined) : direction * compare(a, b);
      body.append(...(direction ? keyed.sort(order) : keyed).map(([row]) => row));
    });
  });
  keepKeys(table.tHead);

  if (rows.length < 6) return;
  const field = document.createElement('input');
  const status = document.createElement('span');
  const all = `${rows.length} rows`;
  field.type = 'search';
  field.placeholder = root.querySelector('.up42-more') ? `Filter the ${all} shown` : `Filter ${all}`;
  field.ariaLabel = field.placeholder;
  status.setAttribute('role', 'status');
  keepKeys(field);
  let texts;
  field.addEventListener('input', () => {
    texts ??= rows.map((row) => [...row.cells].map((cell) => cell.textContent).join('\n').toLowerCase());
    const terms = field.value.toLowerCase().split(/\s+/);
    rows.forEach((row, index) => { row.hidden = !terms.every((word) => texts[index].includes(word)); });
    const left = rows.filter((row) => !row.hidden).length;
    status.textContent = terms.join('') ? `${left} of ${all}` : '';
  });
  root.querySelector('.up42-head').append(field, status);
})();
