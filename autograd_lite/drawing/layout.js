"use strict";
// The positions of the boxes of a graph: columns from left to right, so that arrows cross little and run straight.
// The steps of Sugiyama, Tagawa and Toda (1981): columns, order within columns, positions.

/* exported layOut */

// boxes: [{key, width, height}], links: [{tail, head}] by key, operands before users.
// Gives each box x and y (its centre), each link its points; returns the size of the whole.
function layOut(boxes, links, gap) {
  const byKey = new Map(boxes.map((box) => [box.key, box]));
  for (const box of boxes) Object.assign(box, { operands: [], users: [], before: [], after: [] });
  for (const link of links) {
    [link.from, link.to] = [byKey.get(link.tail), byKey.get(link.head)];
    link.from.users.push(link.to);
    link.to.operands.push(link.from);
  }
  assignColumns(boxes);
  const columns = withStops(boxes, links);
  orderColumns(columns);
  return place(columns, links, gap);
}

// Each box right of its operands; what has no operands just left of its first user.
function assignColumns(boxes) {
  for (const box of boxes) box.column = Math.max(0, ...box.operands.map((operand) => operand.column + 1));
  for (const box of [...boxes].reverse()) {
    if (box.users.length && !box.operands.length) {
      box.column = Math.max(0, Math.min(...box.users.map((user) => user.column)) - 1);
    }
  }
}

// The columns, with a stop in every column that a long link passes, so that it is led around boxes.  The links of one
// box share their stops, as far as they go the same way.
function withStops(boxes, links) {
  const columns = Array.from({ length: 1 + Math.max(...boxes.map((box) => box.column)) }, () => []);
  for (const box of boxes) {
    columns[box.column].push(box);
    box.stops = [];
  }
  for (const link of links) {
    const { stops } = link.from;
    while (link.from.column + stops.length + 1 < link.to.column) {
      const stop = { width: 0, height: 6, before: [], after: [] };
      join(stops.at(-1) ?? link.from, stop);
      columns[link.from.column + stops.length + 1].push(stop);
      stops.push(stop);
    }
    link.stops = stops.slice(0, Math.max(0, link.to.column - link.from.column - 1));
    join(link.stops.at(-1) ?? link.from, link.to);
  }
  return columns;
}

function join(node, next) {
  node.after.push(next);
  next.before.push(node);
}

// Each node near the middle of its neighbours, sweeping to and fro; the order with the fewest crossings stays.
function orderColumns(columns) {
  const number = () => columns.forEach((column) => column.forEach((node, i) => { node.rank = i; }));
  number();
  let best = columns.map((column) => [...column]);
  let fewest = crossings(columns);
  for (let sweep = 0; sweep < 12 && fewest > 0; sweep += 1) {
    const forward = sweep % 2 === 0;
    const order = forward ? columns : [...columns].reverse();
    for (const column of order) {
      for (const node of column) {
        const near = forward ? node.before : node.after;
        node.weight = near.length ? near.reduce((sum, x) => sum + x.rank, 0) / near.length : node.rank;
      }
      column.sort((a, b) => a.weight - b.weight || a.rank - b.rank);
      column.forEach((node, i) => { node.rank = i; });
    }
    const found = crossings(columns);
    if (found < fewest) {
      fewest = found;
      best = columns.map((column) => [...column]);
    }
  }
  best.forEach((column, i) => { columns[i] = column; });
  number();
}

// The pairs of links that cross, between all neighbouring columns: inversions, counted by a Fenwick tree.
function crossings(columns) {
  let count = 0;
  columns.forEach((column, i) => {
    const size = columns[i + 1]?.length ?? 0;
    const tree = new Int32Array(size + 1);
    let seen = 0;
    for (const node of column) {
      for (const to of node.after) {
        let notAbove = 0;
        for (let k = to.rank + 1; k > 0; k -= k & -k) notAbove += tree[k];
        count += seen - notAbove;
      }
      for (const to of node.after) for (let k = to.rank + 1; k <= size; k += k & -k) tree[k] += 1;
      seen += node.after.length;
    }
  });
  return count;
}

// Each node as near as can be to the mean of its neighbours, in order and without overlap.
function place(columns, links, gap) {
  for (const column of columns) {
    let y = 0;
    for (const node of column) {
      node.y = y + node.height / 2;
      y += node.height + gap.y;
    }
  }
  for (let sweep = 0; sweep < 16; sweep += 1) {
    for (const column of sweep % 2 ? [...columns].reverse() : columns) {
      const wished = column.map((node) => {
        const near = sweep % 4 < 2 ? [...node.before, ...node.after] : sweep % 2 ? node.after : node.before;
        return near.length ? near.reduce((sum, x) => sum + x.y, 0) / near.length : node.y;
      });
      spread(column, wished, gap.y);
    }
  }
  const all = columns.flat();
  const top = least(all.map((node) => node.y - node.height / 2));
  let x = gap.margin;
  for (const column of columns) {
    const width = -least(column.map((node) => -node.width));
    for (const node of column) {
      node.x = x + width / 2;
      node.y += gap.margin - top;
    }
    x += width + gap.x;
  }
  for (const link of links) {
    const { from, to } = link;
    link.points = [
      [from.x + from.width / 2, from.y],
      ...link.stops.map((stop) => [stop.x, stop.y]),
      [to.x - to.width / 2, to.y + entry(link, links)],
    ];
  }
  const height = gap.margin - least(all.map((node) => -node.y - node.height / 2));
  return { width: x - gap.x + gap.margin, height };
}

// Math.min takes its operands as arguments, of which there may be too many.
function least(numbers) {
  return numbers.reduce((a, b) => Math.min(a, b), Infinity);
}

// Arrows of one operand that is used twice enter at different heights.
function entry(link, links) {
  const same = links.filter((other) => other.head === link.head && other.tail === link.tail);
  return same.length > 1 ? (same.indexOf(link) - (same.length - 1) / 2) * 14 : 0;
}

// The positions nearest to the wished ones, in the sense of least squares, that keep order and distance: blocks of
// touching nodes move together (pool adjacent violators).
function spread(column, wished, gap) {
  const blocks = [];
  let offset = 0;
  column.forEach((node, i) => {
    const start = i ? offset + (column[i - 1].height + node.height) / 2 + gap : 0;
    offset = start;
    blocks.push({ sum: wished[i] - start, count: 1, members: [[node, start]] });
    while (blocks.length > 1) {
      const [a, b] = blocks.slice(-2);
      if (a.sum / a.count <= b.sum / b.count) break;
      blocks.splice(-2, 2, {
        sum: a.sum + b.sum, count: a.count + b.count, members: [...a.members, ...b.members],
      });
    }
  });
  for (const block of blocks) {
    for (const [node, start] of block.members) node.y = block.sum / block.count + start;
  }
}
