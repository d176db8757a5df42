import { Item, InnerList } from './types.js';
export declare function isAscii(str: string): boolean;
export declare function isValidTokenStr(str: string): boolean;
export declare function isValidKeyStr(str: string): boolean;
export declare function isInnerList(input: Item | InnerList): input is InnerList;
export declare function arrayBufferToBase64(input: BufferSource): string;
export declare function base64ToArrayBuffer(b64: string): ArrayBuffer;
