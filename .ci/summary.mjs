/** Prints `N passed, N failed` from the test report, and ends with 1 if anything failed or did not run. */

import { existsSync, readFileSync } from 'node:fs';

const status = Number(process.argv[2] ?? 0);
const report = new URL('../.reports/tests.json', import.meta.url);
const {
  numPassedTests = 0,
  numTotalTests = 1,
  testResults = [],
} = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : {};

const notPassed = testResults.flatMap(file => [
  ...(file.assertionResults.length === 0 ? [`${file.name}: no test ran`] : []),
  ...file.assertionResults.filter(test => test.status !== 'passed').map(test => `${test.status}: ${test.fullName}`),
]);
for (const line of notPassed) console.log(line);

const failed = Math.max(numTotalTests - numPassedTests, notPassed.length);
console.log(`${numPassedTests} passed, ${failed} failed`);
process.exitCode = status !== 0 || failed > 0 ? 1 : 0;
