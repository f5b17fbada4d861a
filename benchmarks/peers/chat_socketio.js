// The chat on Node's socket.io: the first message is the name, messages are kept in memory and heard by all.
const { createServer } = require("node:http");
const { Server } = require("socket.io");

const port = Number(process.argv[process.argv.indexOf("--port") + 1]);
const http = createServer();
const io = new Server(http, { serveClient: false });
const messages = [];
const names = new Set();

const now = () => new Date().toISOString();
const notice = (content) => ({ username: "system", content, createAt: now() });

io.on("connection", (socket) => {
  let name = null;
  const rooms = new Set();
  socket.on("message", (content, acknowledge) => {
    if (name === null) {
      if (names.has(content)) return socket.emit("message", notice("The name is taken."));
      name = content;
      names.add(name);
      io.emit("message", notice(`${name} joined the chat.`));
      return acknowledge?.({ name });
    }
    const message = { username: name, content, createAt: now(), id: messages.length + 1, rooms: [...rooms], to: null };
    messages.push(message);
    (rooms.size ? io.to([...rooms]) : io).emit("message", message);
    acknowledge?.({ id: message.id, createAt: message.createAt });
  });
  socket.on("getAllMessages", () => socket.emit("allMessages", messages.slice(-10)));
  socket.on("join", (room) => {
    rooms.add(room);
    socket.join(room);
    socket.emit("joined", room);
  });
  socket.on("leave", (room) => {
    rooms.delete(room);
    socket.leave(room);
    socket.emit("leaved", room);
  });
  socket.on("disconnect", () => names.delete(name) && io.emit("message", notice(`${name} left the chat.`)));
});

http.listen(port, "127.0.0.1");
