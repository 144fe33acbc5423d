export { createDashboard, type Dashboard } from './dashboard.ts';
export type { Action, ActionEvent, DashboardOptions } from './options.ts';
export type { DashboardSnapshot, HostRow, SnapshotDiff, TimelineEntry, Totals } from './snapshot.ts';
