/** Wall-clock times as text. Most lines fall into the second of the line before, so its text is kept. */

/** `2026-03-04T05:06:07.089Z`. */
export function createIsoTime(): (ms: number) => string {
  let second = -1;
  let prefix = "";
  return (ms) => {
    const now = Math.floor(ms / 1000);
    if (now !== second) {
      second = now;
      prefix = new Date(now * 1000).toISOString().slice(0, 20);
    }
    return `${prefix}${String(Math.floor(ms) - now * 1000).padStart(3, "0")}Z`;
  };
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** `04/Mar/2026:05:06:07 +0000` in the process's time zone, as nginx's `$time_local`. */
export function createNginxTime(): (ms: number) => string {
  let second = -1;
  let text = "";
  return (ms) => {
    const now = Math.floor(ms / 1000);
    if (now !== second) {
      second = now;
      text = nginxTime(new Date(now * 1000));
    }
    return text;
  };
}

function nginxTime(date: Date): string {
  const east = -date.getTimezoneOffset();
  const offset = Math.abs(east);
  const zone = `${east < 0 ? "-" : "+"}${pad(Math.floor(offset / 60))}${pad(offset % 60)}`;
  const day = `${pad(date.getDate())}/${MONTHS[date.getMonth()]}/${date.getFullYear()}`;
  return `${day}:${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())} ${zone}`;
}

function pad(value: number): string {
  return String(value).padStart(2, "0");
}
