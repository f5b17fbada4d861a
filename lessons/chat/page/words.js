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

// The rooms that the page offers. People make others under any name; these are shown as they are.
const CHINESE_ROOMS = { red: "红色", green: "绿色" };

// The server's notices are English sentences (rules/notices.py); here are the same in Chinese, by their codes.
const CHINESE_NOTICES = {
  "person-joined": "{name} 加入了聊天室。",
  "person-left": "{name} 离开了聊天室。",
  "name-taken": "名字 {name} 已经有人用了，请换一个。",
  "not-a-name": "第一条消息是你的名字。名字是一个词，例如 Ann：没有空格和看不见的字符，字母只来自一种字母表；也不能是 system 或“系统”，那是聊天室自己的名字。",
  "name-too-long": "名字最多 {limit} 个字符，这个有 {length} 个。",
  empty: "空消息不会发送，请先写点什么。",
  "text-too-long": "一条消息最多 {limit} 个字符，这条有 {length} 个。",
  "not-a-text": "消息必须是文字，后面可以再带一个你自己的编号：最多 64 个字符的文字。",
  nobody: "这里没有叫 {name} 的人，没有人收到你的悄悄话。",
  "no-addressee": "悄悄话以 @ 和名字开头，中间没有空格：@Ann 你好",
  "nothing-to-say": "请把要对 {name} 说的话写在名字后面：@{name} 你好",
  "not-a-room": "房间的名字是一个词，例如 red：没有空格和看不见的字符，字母只来自一种字母表。",
  "too-many-rooms": "你最多可以同时在 {limit} 个房间里，请先离开一个。",
  "too-fast": "你发得太快了，请稍等片刻再发。",
  "unknown-event": "聊天室只认识 message、getAllMessages、join 和 leave 这几个事件。",
  "store-down": "现在连不上存储，不知道这条消息是否已经保存。请稍后重发：它会用同一个编号，只保存一次。",
  "own-audience": "你的函数有问题（{problem}），所以没有人收到这条消息。",
  "history-cut": "你离开了很久，下面只有你错过的最后 {limit} 条消息。",
};

export const language = navigator.languages.find((each) => /^(zh|en)\b/.test(each)) ?? "en";

const isChinese = language.startsWith("zh");
const words = isChinese ? CHINESE : ENGLISH;

// Find a key in a table, but not what every object has, such as `constructor`; if it isn't there, return the key.
function lookUp(table, key) {
  return Object.hasOwn(table, key) ? table[key] : key;
}

function fill(sentence, details) {
  return sentence.replace(/\{(\w+)\}/g, (_, name) => lookUp(details, name));
}

/** Return the words for a key, with `details` in their placeholders. */
export function say(key, details = {}) {
  return fill(lookUp(words, key), details);
}

/** Return a room's name: in the reader's language if the page offers it, any other as it is. */
export function sayRoom(room) {
  return isChinese ? lookUp(CHINESE_ROOMS, room) : room;
}

/** Return a server's notice in the reader's language, or in the server's words if the page doesn't know it. */
export function sayNotice({ notice, details, content }) {
  return isChinese && Object.hasOwn(CHINESE_NOTICES, notice) ? fill(CHINESE_NOTICES[notice], details) : content;
}

const relative = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
const UNITS = [
  ["day", 86400],
  ["hour", 3600],
  ["minute", 60],
];

/** Return how long ago a moment was, such as "3 minutes ago"; both in milliseconds since 1970. */
export function sayAgo(moment, now = Date.now()) {
  const seconds = Math.round((now - moment) / 1000);
  const [unit, length] = UNITS.find(([, each]) => seconds >= each) ?? ["second", 1];
  return relative.format(unit === "second" ? 0 : -Math.floor(seconds / length), unit);
}
