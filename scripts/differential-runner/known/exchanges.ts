/** Of what goes to and fro: expectations, upgrades, answers, connections. */
import type { KnownDifference } from "../known.ts";

export const IN_EXCHANGES: readonly KnownDifference[] = [
  {
    title: "Expect",
    reason:
      "nginx answers 100 itself, at once, and ignores what it does not know. Albatross relays the expectation, and answers itself only when the upstream is silent for a second; other expectations are 417 (RFC 9110 10.1.1).",
    cases: [
      "Expect: 100 of the upstream is relayed, then the body goes on",
      "Expect: a body that does not wait for 100",
      "Expect: 100-Continue in another case",
      "Expect: of a request without a body is nothing",
      "Expect: an expectation that we do not know",
      "Expect: an empty expectation",
      "Expect: a list of expectations",
      "Expect: a number only",
      "pipelining: an expectation in the second",
    ],
  },
  {
    title: "Upgrade",
    reason:
      "The common nginx configuration offers on what `Connection` does not name, `h2c` too, with bodies and in HTTP/1.0, and believes a 101 that nobody asked for. Albatross is a tunnel only for what was offered (RFC 9110 7.8).",
    cases: [
      "Upgrade: Upgrade that Connection does not name",
      "Upgrade: h2c",
      "Upgrade: h2c in capitals",
      "Upgrade: h2c beside another one",
      "Upgrade: an offer with a body is none",
      "Upgrade: an offer in HTTP/1.0 is none",
      "Upgrade: a switch that was not asked for",
      "Upgrade: a switch to h2c that was not handed on",
      "Upgrade: a switch to something else than was offered",
      "Upgrade: a switch to more than was offered",
      "Upgrade: a switch in answer to a request with a body",
      "Upgrade: an early answer to a body: the socket is not used again",
    ],
  },
  {
    title: "1xx answers",
    reason:
      "nginx 1.22 takes any 1xx for the final answer. Albatross relays them to HTTP/1.1 clients, up to the size of one head in all.",
    cases: [
      "answer: 1xx before the answer",
      "answer: 100 that nobody waits for",
      "answer: 1xx with a length has no body",
      "answer: 1xx, then the end",
      "answer: 1xx without end",
      "answer: 1xx for HTTP/1.0",
    ],
  },
  {
    title: "Answers that have two meanings",
    reason:
      "nginx hands on much that is no answer (as HTTP/0.9, until the connection ends), forgives bare LFs, and where it gives up it closes without a word. Albatross answers 502.",
    cases: [
      "answer: a trailer that is no field",
      "answer head: a head of 60 kB",
      "answer head: a head of 300 lines",
      "answer head: another protocol",
      "answer head: HTTP/2 frames",
      "answer head: HTTP/2.0",
      "answer head: a version in lower case",
      "answer head: an empty line in front",
      "answer head: four digits",
      "answer head: a status below 100",
      "answer head: a negative status",
      "answer head: letters for a status",
      "answer head: two blanks before the status",
      "answer head: a tab before the status",
      "answer head: a control character in the phrase",
      "answer head: both length and chunks",
      "answer head: two lengths, equal",
      "answer head: two lengths, different",
      "answer head: a list of lengths",
      "answer head: a length with a plus",
      "answer head: a negative length",
      "answer head: an empty length",
      "answer head: a length in hexadecimal",
      "answer head: a length beyond integers",
      "answer head: a coding that we do not know",
      "answer head: a coding before chunked",
      "answer head: chunked, identity",
      "answer head: chunked twice",
      "answer head: xchunked",
      "answer head: chunks in HTTP/1.0",
      "answer head: half a head, then the end",
      "answer head: half a head, then a reset",
    ],
  },
  {
    title: "Half a request",
    reason:
      "A client that ends its side after its requests still gets the answers: Albatross serves what came whole (RFC 9112 9.6), nginx takes the end for an abort. Where the body of a request breaks, nginx may have sent nothing of it yet.",
    cases: [
      "pipelining: two, and FIN behind them",
      "pipelining: two, the second cut in its head by FIN",
      "pipelining: two, the second cut in its body by FIN",
      "pipelining: an answer that fails lets the next request through",
      "pipelining: a bad chunk in the second",
    ],
  },
];
