// Loaded first in every process that a test starts: it ends when the test's own process is gone, however that ended.
// (`process.on('exit')` of the parent is no way: jest's workers do not run it.)
process.once('disconnect', () => process.kill(process.pid, 'SIGKILL'));
process.channel.unref();
