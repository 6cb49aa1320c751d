// Sorting by a click on a head. Without this script the table is whole.
(() => {
  const table = document.currentScript?.parentElement.querySelector('table');
  if (!table?.tHead) return;
  const body = table.tBodies[0];
  const value = (row, column) => {
    const cell = row.cells[column];
    return cell.dataset.sort === undefined ? cell.textContent.trim() : Number(cell.dataset.sort);
  };
  const compare = (a, b) => (typeof a === 'number' && typeof b === 'number' ? a - b
    // What is not known comes last: figures before the dash.
    : typeof a !== typeof b ? (typeof a === 'number' ? -1 : 1) : a < b ? -1 : a > b ? 1 : 0);
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    if (!head.textContent.trim() || body.querySelector(`td:nth-child(${column + 1}) img`)) return;
    head.ariaSort = 'none';
    head.tabIndex = 0;
    const sort = () => {
      const turn = head.ariaSort === 'ascending' ? -1 : 1;
      for (const other of heads) if (other.ariaSort) other.ariaSort = 'none';
      head.ariaSort = turn > 0 ? 'ascending' : 'descending';
      body.append(...[...body.rows].sort((a, b) => turn * compare(value(a, column), value(b, column))));
    };
    head.addEventListener('click', sort);
    head.addEventListener('keydown', (event) => {
      if (event.key !== 'Enter' && event.key !== ' ') return;
      event.preventDefault();
      sort();
    });
  });
})();
