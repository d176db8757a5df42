export declare class DisplayString {
    private value;
    constructor(value: string);
    toString(): string;
}
