/// The USDT contract's interface as `getcontract` prints it; clients build their calls from it.
enum TokenABI {
  static let entries: [JSON] =
    TokenFunction.allCases.map(function) + [
      event("Transfer", ["from", "to", "value"]), event("Approval", ["owner", "spender", "value"]),
    ]

  private static func function(_ function: TokenFunction) -> JSON {
    let parts = function.rawValue.split(whereSeparator: { $0 == "(" || $0 == ")" }).map(String.init)
    let types = parts.count > 1 ? parts[1].split(separator: ",").map(String.init) : []
    var object = JSONObject()
    object.set("name", .string(parts[0]))
    object.set("inputs", nonEmpty: zip(names(function), types).map { ["name": .string($0), "type": .string($1)] })
    object.set("outputs", [["type": .string(result(function))]])
    object.set("type", "Function")
    object.set("constant", ifTrue: function.isView)
    object.set("stateMutability", .string(function.isView ? "View" : "Nonpayable"))
    return object.json
  }

  private static func names(_ function: TokenFunction) -> [String] {
    switch function {
    case .transfer: ["_to", "_value"]
    case .transferFrom: ["_from", "_to", "_value"]
    case .approve: ["_spender", "_value"]
    case .balanceOf: ["who"]
    case .allowance: ["_owner", "_spender"]
    case .isBlackListed: ["_user"]
    case .decimals, .symbol, .name, .totalSupply: []
    }
  }

  private static func result(_ function: TokenFunction) -> String {
    switch function {
    case .transfer, .transferFrom, .approve, .isBlackListed: "bool"
    case .symbol, .name: "string"
    case .balanceOf, .allowance, .decimals, .totalSupply: "uint256"
    }
  }

  private static func event(_ name: String, _ inputs: [String]) -> JSON {
    let fields: [JSON] = inputs.map { input in
      input == "value"
        ? ["name": "value", "type": "uint256"] : ["indexed": true, "name": .string(input), "type": "address"]
    }
    return ["name": .string(name), "inputs": .array(fields), "type": "Event"]
  }
}
