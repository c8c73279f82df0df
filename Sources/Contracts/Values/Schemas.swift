import BusKit
import TronKit

// What the JSON of types looks like that refuse made-up values, or whose meaning their form does not show.

extension TronAddress: SchemaDescribable {
  public static var jsonSchema: JSONSchema {
    .string(pattern: "^T[1-9A-HJ-NP-Za-km-z]{33}$").described("A TRON address in base58 with its checksum.")
      .example(.string(USDT.mainnet.base58))
  }
}

extension TransactionID: SchemaDescribable {
  public static var jsonSchema: JSONSchema {
    .string(pattern: "^[0-9a-f]{64}$").described("The SHA-256 of a transaction's raw data.")
      .example(.string(String(repeating: "ab", count: 32)))
  }
}

extension Sun: SchemaDescribable {
  public static var jsonSchema: JSONSchema {
    .integer().described("An amount in sun, 1/1,000,000 TRX.").example(3_900_000)
  }
}

extension Energy: SchemaDescribable {
  public static var jsonSchema: JSONSchema { .integer().described("Units of energy.").example(65_000) }
}

extension BotHTML: SchemaDescribable {
  public static var jsonSchema: JSONSchema {
    .string().described("HTML of Telegram's kind; text in it is escaped.").example("<b>Menu</b>")
  }
}

extension UserInput.Kind: SchemaDescribable {
  public static var jsonSchema: JSONSchema {
    .cases(["text": .object(["_0": .string()]), "button": .object(["data": .string()])])
      .example(["text": ["_0": "/start"]])
  }
}

extension Screen.Button.Action: SchemaDescribable {
  public static var jsonSchema: JSONSchema {
    let value = JSONSchema.object(["_0": .string()])
    return .cases(["data": value, "url": value, "copy": value]).example(["data": ["_0": "menu"]])
  }
}
