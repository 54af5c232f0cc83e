// What a reader does with the page: switch light and dark, filter, sort, hide families, open examples.
// Every text goes in as text, never as markup.
'use strict';
(() => {
  const root = document.documentElement;
  const $ = (selector, from = document) => from.querySelector(selector);
  const all = (selector, from = document) => Array.from(from.querySelectorAll(selector));
  const make = (tag, attributes = {}, ...inside) => {
    const e = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes))
      name in e && typeof value !== 'string' ? e[name] = value : e.setAttribute(name, value);
    e.append(...inside);
    return e;
  };
  root.classList.add('js');

  // Light and dark.
  const theme = $('#theme');
  const systemDark = matchMedia('(prefers-color-scheme: dark)');
  const isDark = () => root.dataset.theme ? root.dataset.theme === 'dark' : systemDark.matches;
  const nameTheme = () => { theme.textContent = isDark() ? 'Light' : 'Dark'; };
  try {
    const kept = localStorage.getItem('bigsweep-theme');
    if (kept) root.dataset.theme = kept;
  } catch { /* not allowed */ }
  theme.addEventListener('click', () => {
    root.dataset.theme = isDark() ? 'light' : 'dark';
    try { localStorage.setItem('bigsweep-theme', root.dataset.theme); } catch { /* not allowed */ }
    nameTheme();
  });
  systemDark.addEventListener('change', nameTheme);
  nameTheme();

  // Families: hidden everywhere by one rule each.
  const hidden = document.head.appendChild(make('style'));
  $('#legend')?.addEventListener('change', () => {
    hidden.textContent = all('#legend input:not(:checked)').map(box => `.f${box.dataset.f}{display:none}`).join('');
  });

  // Filters and the order of the cards.
  const cards = all('#cards > .card');
  const rows = all('#tasktable tbody tr'), marks = all('#lbmap [data-i]');
  const form = $('#filter');
  const fill = (select, values) => values.forEach(value => select.append(make('option', {}, value)));
  const listed = text => text.split(',').filter(Boolean);
  const filter = () => {
    const q = $('#q').value.trim().toLowerCase(), keyword = $('#keyword').value, shape = $('#shape').value;
    const shots = $('#shots').value, shown = new Set();
    for (const card of cards) {
      const d = card.dataset;
      const is = d.name.toLowerCase().includes(q) && (!keyword || d.keywords.includes(`,${keyword},`)) &&
        (!shape || d.shapes.includes(`,${shape},`)) && (!shots || d.shots === shots);
      card.hidden = !is;
      if (is) shown.add(d.i);
    }
    for (const e of [...rows, ...marks]) e.toggleAttribute('hidden', !shown.has(e.dataset.i));
    $('#found').textContent = shown.size === cards.length ? `${cards.length} curves` : `${shown.size} of ${cards.length} curves`;
  };
  const order = () => {
    const by = $('#order').value;
    const number = (card, name) => name in card.dataset ? Number(card.dataset[name]) : -Infinity;
    const sorted = cards.slice().sort((a, b) =>
      by === 'name' ? a.dataset.name.localeCompare(b.dataset.name) :
      by === 'i' ? a.dataset.i - b.dataset.i :
      (number(b, by) - number(a, by)) || a.dataset.i - b.dataset.i);
    $('#cards').append(...sorted);
  };
  if (form) {
    fill($('#keyword'), [...new Set(cards.flatMap(card => listed(card.dataset.keywords)))].sort());
    fill($('#shots'), [...new Set(cards.map(card => card.dataset.shots))].sort((a, b) => a - b));
    for (const id of ['keyword', 'shots']) $('#' + id).parentElement.hidden = $('#' + id).options.length < 3;
    form.addEventListener('input', filter);
    $('#order').addEventListener('change', order);
    form.addEventListener('reset', () => setTimeout(() => { filter(); order(); }));
    form.addEventListener('submit', event => event.preventDefault());
    filter();
  }
  // A link to a card that a filter hides shows it.
  addEventListener('hashchange', () => {
    const card = document.getElementById(location.hash.slice(1));
    if (card?.hidden) { form.reset(); setTimeout(() => card.scrollIntoView(), 50); }
  });

  // Tables: a click on a column's name sorts, another one turns the order round.
  const key = cell => cell ? (cell.dataset.v !== undefined ? Number(cell.dataset.v) :
    cell.classList.contains('n') ? (cell.textContent === '' ? NaN : Number(cell.textContent)) : cell.textContent) : '';
  const compare = (a, b) => typeof a === 'string' || typeof b === 'string' ? String(a).localeCompare(String(b)) : a - b;
  const empty = value => value === '' || Number.isNaN(value);
  for (const table of all('table.sortable'))
    all('th', table.tHead).forEach((head, column) => {
      const button = make('button', { type: 'button' }, ...head.childNodes);
      head.append(button);
      button.addEventListener('click', () => {
        const down = head.getAttribute('aria-sort') === (head.classList.contains('n') ? 'descending' : 'ascending') ?
          !head.classList.contains('n') : head.classList.contains('n');
        all('th', table.tHead).forEach(other => other.removeAttribute('aria-sort'));
        head.setAttribute('aria-sort', down ? 'descending' : 'ascending');
        const body = table.tBodies[0];
        const sorted = Array.from(body.rows, row => [key(row.cells[column]), row]);
        sorted.sort(([a], [b]) => empty(a) || empty(b) ? empty(a) - empty(b) : (down ? -1 : 1) * compare(a, b));
        body.append(...sorted.map(([, row]) => row));
      });
    });

  // What a mark stands for, at once.
  const tip = $('#tip');
  const show = (mark, x, y) => {
    const title = mark.querySelector('title');
    if (title) { mark.dataset.tip = title.textContent; title.remove(); }
    if (!mark.dataset.tip) return;
    tip.textContent = mark.dataset.tip;
    tip.hidden = false;
    tip.style.left = Math.max(4, Math.min(x + 12, innerWidth - tip.offsetWidth - 8)) + 'px';
    tip.style.top = (y + tip.offsetHeight + 24 > innerHeight ? y - tip.offsetHeight - 10 : y + 14) + 'px';
  };
  document.addEventListener('pointerover', event => {
    const mark = event.target.closest?.('svg .p');
    mark ? show(mark, event.clientX, event.clientY) : tip.hidden = true;
  });
  document.addEventListener('focusin', event => {
    const mark = event.target.closest?.('svg a')?.querySelector('.p');
    const box = mark?.getBoundingClientRect();
    mark ? show(mark, box.x, box.y) : tip.hidden = true;
  });

  // Examples: parsed when they are first asked for.
  const dialog = $('#examples');
  const models = JSON.parse($('#model-list')?.textContent ?? '[]');
  const percent = thousandths => (thousandths / 10).toFixed(thousandths < 100 ? 1 : 0) + ' %';
  const letter = i => i < 26 ? String.fromCharCode(65 + i) : String(i + 1);
  const isRight = value => value === null ? null : value >= 0.5;
  const share = example => {
    const values = example.m.map(answer => answer[1]).filter(value => value !== null);
    return [values.filter(value => value >= 0.5).length, values.length];
  };
  const familyKey = number => $(`#legend input[data-f="${number}"]`)?.parentElement.querySelector('.key')?.cloneNode(true) ?? '';

  const drawQuestion = example => {
    const parts = [];
    if (example.q) parts.push(make('h3', {}, 'Question'), make('pre', { class: 'text', tabindex: '0' }, example.q.replace(/^\n+/, '')));
    else parts.push(make('p', { class: 'dim' }, 'The file does not hold the questions, only what was answered.'));
    if (example.c) {
      parts.push(make('h3', {}, 'Choices'), make('ul', { class: 'choices' }, ...example.c.map((text, i) =>
        make('li', { class: example.r.includes(i) ? 'ok' : '' }, make('b', {}, letter(i)), text, example.r.includes(i) ? ' \u2713' : ''))));
    } else if (example.t.length) {
      parts.push(make('h3', {}, example.t.length > 1 ? 'Accepted answers' : 'Accepted answer'),
        make('ul', { class: 'choices' }, ...example.t.map(text => make('li', { class: 'ok' }, text))));
    }
    return parts;
  };
  const drawAnswer = (example, [model, value, probabilities, logprob, said, generated]) => {
    const [name, , family, size] = models[model];
    const right = isRight(value);
    const row = make('tr', {}, make('td', {}, familyKey(family), name), make('td', { class: 'n' }, size),
      make('td', { class: right === null ? '' : right ? 'ok' : 'no' }, value === null ? '' :
        value === 1 ? '\u2713 right' : value === 0 ? '\u2717 wrong' : String(value)));
    if (probabilities) {
      const best = Math.max(...probabilities);
      probabilities.forEach((p, i) => row.append(make('td', {
        class: 'n prob' + (p === best ? ' chosen' : '') + (example.r.includes(i) ? ' rightone' : '')
      }, make('i', { style: `width:${Math.round(p / 10)}%` }), percent(p))));
      if (!example.c) row.append(make('td', { class: 'said' }, said));
    } else {
      const cell = make('td', { class: 'said' }, said === '' ? make('span', { class: 'dim' }, '(nothing)') : said);
      if (generated) cell.append(make('details', {}, make('summary', {}, 'as generated'), make('div', { class: 'said' }, generated)));
      row.append(cell, make('td', { class: 'n' }, logprob === null ? '' : logprob.toFixed(2)));
    }
    return row;
  };
  const drawAnswers = example => {
    const hasChoices = example.m.some(answer => answer[2]);
    const n = hasChoices ? Math.max(...example.m.map(answer => answer[2] ? answer[2].length : 0)) : 0;
    const head = make('tr', {}, ...['model', 'size', ''].map((text, i) => make('th', { class: i === 1 ? 'n' : '' }, text)));
    if (hasChoices) for (let i = 0; i < n; i++) head.append(make('th', { class: 'n' + (example.r.includes(i) ? ' ok' : '') }, letter(i)));
    else head.append(make('th', {}, 'said'), make('th', { class: 'n', title: 'log-probability of the right answer' }, 'log p'));
    const order = example.m.slice().sort((a, b) => (models[a[0]][2] - models[b[0]][2]) || (models[a[0]][4] - models[b[0]][4]) || a[0] - b[0]);
    return make('div', { class: 'scroll' }, make('table', { class: 'answers' }, make('thead', {}, head),
      make('tbody', {}, ...order.map(answer => drawAnswer(example, answer)))));
  };
  const open = number => {
    const data = JSON.parse(document.getElementById('x' + number).textContent);
    const card = document.getElementById('c' + number);
    const body = make('div', { class: 'dbody' });
    const pick = i => {
      body.replaceChildren(...drawQuestion(data.list[i]), make('h3', {}, 'What the models said'), drawAnswers(data.list[i]));
      all('.picks button', dialog).forEach((button, k) => button.setAttribute('aria-pressed', String(k === i)));
      dialog.scrollTop = 0;
    };
    const picks = make('div', { class: 'picks', role: 'toolbar', 'aria-label': 'examples' }, ...data.list.map((example, i) => {
      const [n, of] = share(example);
      return make('button', { type: 'button', 'data-k': String(i), onclick: () => pick(i) },
        `#${example.n}` + (of ? `  ${n}/${of} \u2713` : ''));
    }));
    const close = make('button', { type: 'button', class: 'close', 'aria-label': 'close', onclick: () => dialog.close() }, '\u2715');
    dialog.replaceChildren(make('div', { class: 'dhead' }, make('h2', {}, $('h3', card).textContent), close,
      make('p', { class: 'dim' }, $('.sub', card).textContent + ` \u00b7 ${data.list.length} of ${data.all} examples: those on which the models differ most`),
      picks), body);
    pick(0);
    dialog.showModal();
  };
  dialog.addEventListener('click', event => { if (event.target === dialog) dialog.close(); });
  for (const card of cards)
    if (document.getElementById('x' + card.dataset.i)) {
      card.classList.add('told');
      card.append(make('button', { type: 'button', class: 'ex', onclick: () => open(card.dataset.i) }, 'Examples'));
    }
})();
