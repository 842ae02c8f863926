/** `node socket-agent.js PATH COMMAND...`: a unix socket, as a virtual machine's serial port has one; each connection gets a command of its own. */
import { spawn } from 'node:child_process';
import net from 'node:net';

const [path = '', command = '', ...words] = process.argv.slice(2);

net
  .createServer((socket) => {
    const agent = spawn(command, words, { stdio: ['pipe', 'pipe', 'inherit'] });
    socket.pipe(agent.stdin);
    agent.stdout.pipe(socket);
    // Either end may go first.
    socket.on('error', () => undefined);
    agent.stdin.on('error', () => undefined);
  })
  .listen(path, () => console.log('listening'));
