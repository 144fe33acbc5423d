/** The live page: passes messages from the server to the elements that show them. */

import { type DashboardSnapshot, patched } from '../snapshot.ts';
import type { View } from '../view.ts';
import { Banner, tabTitle } from './banner.ts';
import { ServerClock } from './clock.ts';
import { Connection } from './connection.ts';
import { Drawer } from './drawer.ts';
import { timeOfDay } from './format.ts';
import { urlOf } from './server.ts';
import { Table } from './table.ts';
import { Timeline } from './timeline.ts';
import { Toolbar } from './toolbar.ts';
import { queryOf, viewOfHash } from './view-in-hash.ts';

const DEBOUNCE_MS = 200;

let view = viewOfHash(location.hash);
let snapshot: DashboardSnapshot | undefined;
let isDrawn = true;
let debounce: ReturnType<typeof setTimeout> | undefined;

const clock = new ServerClock();
const banner = new Banner();
const timeline = new Timeline();
const table = new Table({
  sort: by => change({ sort: by, reversed: view.sort === by && !view.reversed }),
  open: openDrawer,
});
const toolbar = new Toolbar(change, () => view.limit);
const drawer = new Drawer(
  () => clock.now(),
  id => {
    table.markOpened(undefined);
    table.focus(id);
  },
);
const connection = new Connection({
  snapshot: take,
  diff: diff => snapshot && take(patched(snapshot, diff)),
  lost: showLost,
});

showView();
connect();
addEventListener('hashchange', () => replaceView(viewOfHash(location.hash)));
addEventListener('online', () => connection.hurry());
document.addEventListener('visibilitychange', () => document.hidden || connection.hurry());
setInterval(() => snapshot && table.tick(clock.now()), 1_000);

function take(next: DashboardSnapshot): void {
  snapshot = next;
  clock.sync(next.at);
  banner.live();
  // At once, not with the frame: a background tab has no frames, but a visible title.
  const title = tabTitle(next);
  if (document.title !== title) document.title = title;
  if (isDrawn) requestAnimationFrame(render);
  isDrawn = false;
}

function render(): void {
  isDrawn = true;
  if (!snapshot) return;
  const now = clock.now();
  banner.show(snapshot);
  toolbar.show(snapshot, view);
  table.show(snapshot.hosts, now);
  timeline.show(snapshot.events, now);
}

function showLost(): void {
  if (document.body.dataset['connection'] === 'reconnecting') return;
  banner.lost(snapshot && timeOfDay(snapshot.at, clock.now()));
  if (snapshot) document.title = `reconnecting - ${snapshot.title}`;
}

/** Shows the choice at once, and requests it from the server when no further choice follows. */
function change(part: Partial<View>): void {
  replaceView({ ...view, ...part });
  const query = queryOf(view);
  history.replaceState(null, '', query === '' ? location.pathname + location.search : `#${query}`);
}

function replaceView(next: View): void {
  view = next;
  showView();
  clearTimeout(debounce);
  debounce = setTimeout(connect, DEBOUNCE_MS);
}

function showView(): void {
  table.showOrder(view);
  toolbar.showView(view);
}

function connect(): void {
  connection.open(`${urlOf({ format: 'stream' })}&${queryOf(view)}`);
}

function openDrawer(id: string): void {
  const host = snapshot?.hosts.find(({ id: other }) => other === id);
  if (!host) return;
  table.markOpened(id);
  drawer.open(id, host.key, snapshot?.control ?? false);
}
