/// What a call of the USDT contract would do. A plan changes nothing until it is carried out.
struct TokenPlan: Sendable {
  var isRefused = false
  var energy: Int64
  var output: [UInt8] = []
  var logs: [EventLog] = []
  /// New balances.
  var balances: [Address: Int64] = [:]
  var allowance: (pair: TokenAllowance, left: Word)?

  static let refused = TokenPlan(isRefused: true, energy: TokenEnergy.refused)
}

/// Whose tokens somebody else may move.
struct TokenAllowance: Sendable, Hashable {
  let owner: Address
  let spender: Address
}

extension ChainState {
  static let tokenDecimals: Int64 = 6
  static let tokenSymbol = "USDT"
  static let tokenName = "Tether USD"

  /// - Parameter data: selector and arguments; arguments that are missing are zero, as in the virtual machine.
  func tokenPlan(caller: Address, data: [UInt8]) -> TokenPlan {
    guard let function = TokenFunction(data: data) else { return .refused }
    func word(_ index: Int) -> Word { Word(data.dropFirst(4 + 32 * index).prefix(32)) }
    func view(_ output: [UInt8]) -> TokenPlan { TokenPlan(energy: TokenEnergy.view, output: output) }
    guard let first = word(0).address, let second = word(1).address else { return .refused }
    switch function {
    case .transfer:
      var plan = tokenTransfer(from: caller, to: first, amount: word(1), energy: TokenEnergy.transfer)
      // The contract on mainnet declares a result and returns none: callers read false although it succeeded.
      plan.output = plan.isRefused ? [] : Word.zero.bytes
      return plan
    case .transferFrom: return tokenTransferFrom(caller, from: first, to: second, amount: word(2))
    case .approve: return tokenApprove(TokenAllowance(owner: caller, spender: first), amount: word(1))
    case .balanceOf: return view(Word(usdt[first] ?? 0).bytes)
    case .allowance: return view((allowances[TokenAllowance(owner: first, spender: second)] ?? .zero).bytes)
    case .isBlackListed: return view(Word(blacklisted.contains(first) ? 1 : 0).bytes)
    case .decimals: return view(Word(Self.tokenDecimals).bytes)
    case .symbol: return view(Self.text(Self.tokenSymbol))
    case .name: return view(Self.text(Self.tokenName))
    case .totalSupply:
      return view(Word(high: 0, low: usdt.values.reduce(0) { $0 + UInt128(UInt64(bitPattern: $1)) }).bytes)
    }
  }

  mutating func carryOut(_ plan: TokenPlan) {
    for (holder, balance) in plan.balances { usdt[holder] = balance == 0 ? nil : balance }
    if let (pair, left) = plan.allowance { allowances[pair] = left == .zero ? nil : left }
  }

  private func tokenTransfer(from: Address, to: Address, amount: Word, energy: Int64) -> TokenPlan {
    let (mine, theirs) = (usdt[from] ?? 0, usdt[to] ?? 0)
    guard !blacklisted.contains(from), let amount = amount.int64, amount <= mine else { return .refused }
    let (sum, overflow) = theirs.addingReportingOverflow(amount)
    guard !overflow else { return .refused }
    var plan = TokenPlan(energy: energy + (theirs == 0 ? TokenEnergy.slotFilled : 0))
    // To oneself changes nothing; amounts of zero are legal, and are seen as Transfer events like any other.
    if from != to { plan.balances = [from: mine - amount, to: sum] }
    plan.logs = [log(usdtContract, TokenEvent.transfer, from, to, Word(amount))]
    return plan
  }

  private func tokenTransferFrom(_ spender: Address, from: Address, to: Address, amount: Word) -> TokenPlan {
    let pair = TokenAllowance(owner: from, spender: spender)
    let allowed = allowances[pair] ?? .zero
    guard amount <= allowed else { return .refused }
    var plan = tokenTransfer(from: from, to: to, amount: amount, energy: TokenEnergy.transferFrom)
    guard !plan.isRefused else { return plan }
    // The greatest number stands for "without limit" and is not used up.
    if allowed != .max { plan.allowance = (pair, allowed.minus(amount)) }
    plan.output = Word(1).bytes
    return plan
  }

  private func tokenApprove(_ pair: TokenAllowance, amount: Word) -> TokenPlan {
    let fills = allowances[pair] == nil && amount != .zero
    var plan = TokenPlan(energy: TokenEnergy.approve + (fills ? TokenEnergy.slotFilled : 0), output: Word(1).bytes)
    plan.allowance = (pair, amount)
    plan.logs = [log(usdtContract, TokenEvent.approval, pair.owner, pair.spender, amount)]
    return plan
  }

  func log(_ contract: Address, _ event: Word, _ first: Address, _ second: Address, _ amount: Word) -> EventLog {
    EventLog(contract: contract, topics: [event, Word(first), Word(second)], data: amount.bytes)
  }

  /// A short text as the ABI returns it: offset, length, bytes.
  private static func text(_ text: String) -> [UInt8] {
    Word(32).bytes + Word(Int64(text.utf8.count)).bytes + Word(text.utf8).bytes
  }
}
