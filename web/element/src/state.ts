import { emptyConversation, type Conversation } from "./conversation";
import type { AttachedFile } from "./files";
import type { Options } from "./options";
import type { Thread, UserMessageInput } from "./protocol.gen";

/** Everything the panel draws, in one value. */
export interface State {
  options: Options | null;
  conversation: Conversation;
  view: "conversation" | "history";
  /** The thread that is being read. */
  loading: string | null;
  loadingOlder: boolean;
  /** A turn is running: from the moment of sending until the stream has ended. */
  responding: boolean;
  failure: Failure | null;
  composer: Composer;
  history: History;
  /** Said to people who listen to the page; see Announcer. */
  said: { status: string; text: string };
}

export interface Composer {
  text: string;
  quote: string | null;
  files: readonly AttachedFile[];
  toolId: string | null;
  modelId: string | null;
  /** Counts requests to move the focus to the composer. */
  focus: number;
}

export interface History {
  threads: readonly Thread[];
  status: "loading" | "loaded" | "failed";
}

export interface Failure {
  text: string;
  again: Again | null;
}

/** What Retry does. */
export type Again =
  | { what: "send"; key: string; input: UserMessageInput; mayBeStored: boolean }
  | { what: "answer"; key: string }
  | { what: "load"; threadId: string };

export const initialState: State = {
  options: null,
  conversation: emptyConversation,
  view: "conversation",
  loading: null,
  loadingOlder: false,
  responding: false,
  failure: null,
  composer: { text: "", quote: null, files: [], toolId: null, modelId: null, focus: 0 },
  history: { threads: [], status: "loading" },
  said: { status: "", text: "" },
};
