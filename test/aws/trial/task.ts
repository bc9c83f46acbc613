import { setTimeout as sleep } from 'node:timers/promises';

/** Stands for the image's program: does what its argument says, and says so. */
const [deed = ''] = process.argv.slice(2);
console.log(`${deed}: ${process.env.GREETING}, ${process.env.PASSWORD}`);
if (deed === 'hang') {
  process.on('SIGTERM', () => {
    console.log('told to stop');
    process.exit(143);
  });
  await sleep(600_000);
}
if (deed === 'memory') process.kill(process.pid, 'SIGKILL');
process.exit(Number(deed));
