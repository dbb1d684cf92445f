/**
 * The reader of our output may leave before the end (`opsroom runs | head`): that is no fault. `leave` is called once;
 * what is still written goes nowhere.
 */
export function onClosedPipe(leave: () => void): void {
  let left = false;
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
      if (!left) leave();
      left = true;
    });
  }
}
