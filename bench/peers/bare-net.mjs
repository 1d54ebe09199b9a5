/** What does node:net cost that answers one refusal to whatever comes and reads nothing? No reader on node:net can be cheaper. */
import { createServer } from "node:net";

const BODY = JSON.stringify({ error: "too many" });
const answer = (connection) =>
  Buffer.from(
    `HTTP/1.1 429 Too Many Requests\r\ncontent-type: application/json\r\ncontent-length: ${BODY.length}\r\nconnection: ${connection}\r\n\r\n${BODY}`,
  );
const [CLOSING, KEEPING] = [answer("close"), answer("keep-alive")];

createServer({ allowHalfOpen: true }, (socket) => {
  socket.on("error", () => {});
  socket.on("end", () => socket.destroy());
  socket.on("data", (chunk) => {
    const text = chunk.latin1Slice();
    if (!text.startsWith("POST") && !text.includes("connection: close")) return socket.write(KEEPING);
    socket.write(CLOSING);
    socket.destroy();
  });
}).listen(Number(process.env.PORT), "127.0.0.1", () => process.send?.("ready"));
