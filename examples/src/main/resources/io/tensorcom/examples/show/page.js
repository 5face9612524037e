// SPDX-License-Identifier: Apache-2.0
'use strict';

const PAUSE_MILLIS = 500;
const RATE_MILLIS = 5000;
const HISTOGRAM = {width: 256, height: 80};

const history = [];
let drawn = 0;

const element = id => document.getElementById(id);
const megabytes = bytes => (bytes / 1e6).toFixed(2);

function add(parent, tag, text) {
  const child = parent.appendChild(document.createElement(tag));
  child.textContent = text;
  return child;
}

// Counters of at most the last five seconds become rates: all together, and of each server.
function remember(latest) {
  const servers = new Map(latest.peers.map(peer => [peer.peer, peer]));
  history.push({millis: latest.millis, batches: latest.batches, bytes: latest.bytes, servers});
  while (history.length > 2 && latest.millis - history[1].millis > RATE_MILLIS) {
    history.shift();
  }
}

function rateOf(count) {
  const oldest = history[0];
  const newest = history[history.length - 1];
  const seconds = (newest.millis - oldest.millis) / 1000;
  return seconds > 0 ? Math.max(0, count(newest) - count(oldest)) / seconds : 0;
}

function showStream(latest) {
  element('urls').textContent = latest.urls.join(' ');
  element('rate').textContent =
      rateOf(at => at.batches).toFixed(1) + ' batches/s, ' +
      megabytes(rateOf(at => at.bytes)) + ' MB/s, ' + latest.batches + ' batches in all' +
      (latest.malformed ? ', ' + latest.malformed + ' malformed' : '');
  const state = latest.connected === 0 ? 'nobody is connected'
      : latest.shown ? '' : latest.connected + ' connected, but no batch has come';
  element('state').textContent = state;
}

function showServers(latest) {
  const streams = new Map(latest.streams.map(stream => [stream.peer, stream]));
  const connected = new Map(latest.peers.map(peer => [peer.peer, peer]));
  const body = document.createDocumentFragment();
  for (const name of [...new Set([...connected.keys(), ...streams.keys()])].sort()) {
    const peer = connected.get(name);
    const stream = streams.get(name);
    const of = (at, what) => at.servers.has(name) ? at.servers.get(name)[what] : 0;
    const row = add(body, 'tr', '');
    add(row, 'td', name || 'unknown');
    add(row, 'td', rateOf(at => of(at, 'delivered')).toFixed(1));
    add(row, 'td', megabytes(rateOf(at => of(at, 'bytes'))));
    add(row, 'td', peer ? peer.delivered : stream.received);
    add(row, 'td', peer ? megabytes(peer.bytes) : '');
    add(row, 'td', peer ? peer.queued : '');
    add(row, 'td', stream ? stream.missing : '');
    add(row, 'td', stream ? stream.duplicates : '');
    add(row, 'td', stream && stream.epoch >= 0 ? stream.epoch : '');
    add(row, 'td', stream ? (stream.latencyMedianNanos / 1e6).toFixed(1) : '');
    add(row, 'td', (peer ? 'connected' : 'gone') + (stream && stream.ended ? ', ended' : ''));
  }
  element('servers').replaceChildren(body);
}

function drawHistogram(canvas, bins) {
  canvas.width = HISTOGRAM.width;
  canvas.height = HISTOGRAM.height;
  const most = Math.max(1, ...bins);
  const width = HISTOGRAM.width / Math.max(1, bins.length);
  const pen = canvas.getContext('2d');
  pen.fillStyle = '#48c';
  bins.forEach((count, i) => {
    const height = count === 0 ? 0 : Math.max(1, HISTOGRAM.height * count / most);
    pen.fillRect(i * width, HISTOGRAM.height - height, Math.max(1, width - 1), height);
  });
}

function showTensors(shown) {
  const all = document.createDocumentFragment();
  for (const tensor of shown.tensors) {
    const figure = add(all, 'figure', '');
    const what = tensor.dtype + ' [' + tensor.shape.join(', ') + '] ' + tensor.info;
    add(figure, 'strong', what);
    drawHistogram(add(figure, 'canvas', ''), tensor.bins);
    const range = tensor.min === null ? 'no numbers'
        : tensor.min.toPrecision(4) + ' … ' + tensor.max.toPrecision(4) + ', mean ' +
          tensor.mean.toPrecision(4);
    const counted = tensor.counted === tensor.elements ? ''
        : ', by ' + tensor.counted + ' of ' + tensor.elements + ' elements';
    const odd = tensor.odd ? ', ' + tensor.odd + ' infinite or not a number' : '';
    add(figure, 'figcaption', range + counted + odd);
  }
  element('tensors').replaceChildren(all);
}

async function showImages(shown) {
  const all = document.createDocumentFragment();
  if (shown.picture) {
    const picture = new Image();
    picture.src = shown.picture;
    await picture.decode();
    const {cellWidth, cellHeight} = shown;
    for (const image of shown.images) {
      const figure = add(all, 'figure', '');
      const canvas = add(figure, 'canvas', '');
      canvas.width = cellWidth;
      canvas.height = cellHeight;
      canvas.getContext('2d').drawImage(picture, image.left, image.top, cellWidth, cellHeight,
          0, 0, cellWidth, cellHeight);
      add(figure, 'figcaption', image.label);
    }
  }
  element('images').replaceChildren(all);
}

async function showBatch(shown) {
  element('batch').textContent = (shown.sequence === undefined ? 'Latest batch'
      : 'Batch ' + shown.sequence + ' of stream ' + shown.stream + ', epoch ' + shown.epoch) +
      ', ' + (shown.ageMillis / 1000).toFixed(1) + ' s ago';
  if (shown.number === drawn) {
    return;
  }
  // First, because the picture may be gone: then all is tried again with the next.
  await showImages(shown);
  element('note').textContent = shown.note;
  showTensors(shown);
  drawn = shown.number;
  document.body.dataset.shown = drawn;
}

async function refresh() {
  try {
    const answer = await fetch('latest.json');
    if (!answer.ok) {
      throw new Error(await answer.text());
    }
    const latest = await answer.json();
    remember(latest);
    showStream(latest);
    showServers(latest);
    if (latest.shown) {
      await showBatch(latest.shown);
    }
  } catch (error) {
    if (!(error instanceof DOMException)) {
      element('state').textContent = 'no answer from tensorshow: ' + error.message;
    }
  }
  setTimeout(refresh, PAUSE_MILLIS);
}

refresh();
