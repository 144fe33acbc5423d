#!/usr/bin/env node
/** The program `cutout-dashboard`. */

import { main } from './top/main.ts';

process.exitCode = await main(process.argv.slice(2));
