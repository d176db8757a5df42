export declare class Token {
    private value;
    constructor(value: string);
    toString(): string;
}
