// All that the page says, in English and in Chinese; the browser's language chooses.

const ENGLISH = {
  chat: "Chat",
  rooms: "Rooms",
  people: "People",
  messages: "Messages",
  send: "Send",
  yourName: "Your name",
  message: "Message",
  connecting: "connecting…",
  connected: "connected",
  lost: "connection lost, trying again…",
  gone: "nobody has answered for five minutes; come back to this page to try again",
  enter: "Enter {room}",
  leave: "Leave {room}",
  privately: "privately to {name}",
};

const CHINESE = {
  chat: "聊天室",
  rooms: "房间",
  people: "在线的人",
  messages: "消息",
  send: "发送",
  yourName: "你的名字",
  message: "消息",
  connecting: "正在连接……",
  connected: "已连接",
  lost: "连接已断开，正在重试……",
  gone: "五分钟没有回应；再回到这个页面时会重试",
  enter: "进入{room}房间",
  leave: "离开{room}房间",
  privately: "悄悄对{name}说",
};

// The rooms that the page offers. People make others, under any name, which is shown as it is.
const CHINESE_ROOMS = { red: "红色", green: "绿色" };

// The server's notices are English sentences; their codes say which Chinese one means the same.
const CHINESE_NOTICES = {
  "person-joined": "{name} 加入了聊天室。",
  "person-left": "{name} 离开了聊天室。",
  "name-taken": "名字 {name} 已经有人用了，请换一个。",
  "not-a-name": "第一条消息是你的名字：一个看得见的词，中间没有空格，也不能是系统的名字。",
  "name-too-long": "名字最多 {limit} 个字符，这个有 {length} 个。",
  empty: "空消息不会发送，请先写点什么。",
  "text-too-long": "一条消息最多 {limit} 个字符，这条有 {length} 个。",
  "not-a-text": "消息必须是文字。",
  nobody: "这里没有叫 {name} 的人，没有人收到你的悄悄话。",
  "no-addressee": "悄悄话以 @ 和名字开头，中间没有空格：@Ann 你好",
  "nothing-to-say": "请把要对 {name} 说的话写在名字后面：@{name} 你好",
  "not-a-room": "房间的名字是一个看得见的词，中间没有空格。",
  "too-many-rooms": "你最多可以同时在 {limit} 个房间里，请先离开一个。",
  "too-fast": "你发得太快了，请稍等片刻再发。",
  "unknown-event": "聊天室不认识这个事件。",
  "store-down": "现在连不上存储，不知道这条消息是否已经保存。请稍后重发：它会用同一个编号，只保存一次。",
  "history-cut": "你离开了很久，下面只有你错过的最后 {limit} 条消息。",
};

export const language = navigator.languages.find((each) => /^(zh|en)\b/.test(each)) ?? "en";

const isChinese = language.startsWith("zh");
const words = isChinese ? CHINESE : ENGLISH;

// Finds what a table says of a key, and not what every object has, such as `constructor`; else the key itself.
function lookUp(table, key) {
  return Object.hasOwn(table, key) ? table[key] : key;
}

function fill(sentence, details) {
  return sentence.replace(/\{(\w+)\}/g, (_, name) => lookUp(details, name));
}

/** Says the word of this key, with `details` in its placeholders. */
export function say(key, details = {}) {
  return fill(lookUp(words, key), details);
}

/** Says a room's name: one that the page offers in the reader's language, any other as it is. */
export function sayRoom(room) {
  return isChinese ? lookUp(CHINESE_ROOMS, room) : room;
}

/** Says a notice of the server's in the reader's language; one that the page doesn't know, in the server's words. */
export function sayNotice({ notice, details, content }) {
  return isChinese && Object.hasOwn(CHINESE_NOTICES, notice) ? fill(CHINESE_NOTICES[notice], details) : content;
}

const relative = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
const UNITS = [
  ["day", 86400],
  ["hour", 3600],
  ["minute", 60],
];

/** Says how long ago a moment was, such as "3 minutes ago". */
export function sayAgo(moment, now = Date.now()) {
  const seconds = Math.round((now - moment) / 1000);
  const [unit, length] = UNITS.find(([, each]) => seconds >= each) ?? ["second", 1];
  return relative.format(unit === "second" ? 0 : -Math.floor(seconds / length), unit);
}
