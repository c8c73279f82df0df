import TronKit

/// Reads what a person typed: a mistake says what is wrong with the text.
public func readAddress(_ text: String) throws -> TronAddress { try TronAddress(parsing: text) }
