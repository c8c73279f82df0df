extension ChainState {
  /// What a counterfeit says that everybody has.
  private static let counterfeitBalance: Int64 = 1_000_000_000_000

  /// USDT, or a contract that pretends to be it.
  func isToken(_ contract: Address) -> Bool { contract == usdtContract || counterfeits.contains(contract) }

  /// A contract with the names and the events of USDT at an address of its own. It has no tokens: it logs every
  /// transfer that it is asked for, in whoever's name, and by no amount can it fail.
  func counterfeitPlan(_ contract: Address, caller: Address, data: [UInt8]) -> TokenPlan {
    guard let function = TokenFunction(data: data) else { return .refused }
    func word(_ index: Int) -> Word { Word(data.dropFirst(4 + 32 * index).prefix(32)) }
    func change(_ energy: Int64, _ log: EventLog) -> TokenPlan {
      TokenPlan(energy: energy, output: Word(1).bytes, logs: [log])
    }
    func view(_ number: Int64) -> TokenPlan { TokenPlan(energy: TokenEnergy.view, output: Word(number).bytes) }
    guard let first = word(0).address, let second = word(1).address else { return .refused }
    switch function {
    case .transfer: return change(TokenEnergy.transfer, log(contract, TokenEvent.transfer, caller, first, word(1)))
    case .transferFrom:
      return change(TokenEnergy.transferFrom, log(contract, TokenEvent.transfer, first, second, word(2)))
    case .approve: return change(TokenEnergy.approve, log(contract, TokenEvent.approval, caller, first, word(1)))
    case .balanceOf, .totalSupply: return view(Self.counterfeitBalance)
    case .allowance, .isBlackListed: return view(0)
    case .decimals, .symbol, .name: return tokenPlan(caller: caller, data: data)
    }
  }
}
