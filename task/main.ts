import { runTask } from './run.ts';

process.exitCode = await runTask(process.env);
