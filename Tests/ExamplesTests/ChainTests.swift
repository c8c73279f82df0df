import Testing
import TronKit

@testable import TronKitExamples

/// The examples of `docs/tronkit.md` do what it says.
struct ChainTests {
  private static let block = "0000000003fe266bf6b6d392f654dc2e5011601546ed04623d9fcc4e9d439a25"
  private static let headTime: Int64 = 1_777_445_307_000

  @Test func aWrongAddressHasAReason() throws {
    let address = try readAddress("TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t")
    #expect(address == USDT.mainnet)
    #expect(address.hex == "41a614f803b6fd780986a42c78ec9c7f77e6ded13c")
    #expect(complaint(about: address.base58) == nil)
    #expect(complaint(about: "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6T")?.hasPrefix("bad_checksum: ") == true)
  }

  @Test func serversHandOutTheAddressesOfAWalletThatTheyCannotSpendFrom() throws {
    var written = ""
    let wallet = try makeWallet { written = $0 }
    #expect(written.split(separator: " ").count == 24)
    let addresses = try DepositAddresses(xpub: wallet.text)
    for number in [UInt32(0), 1, 499] {
      #expect(try addresses.address(ofCustomer: number) == depositKey(phrase: written, customer: number).address)
    }
    #expect(try addresses.address(ofCustomer: 0) != addresses.address(ofCustomer: 1))
  }

  @Test func aDelegationIsBuiltSignedAndShown() throws {
    let (owner, hot) = (try PrivateKey.generate().address, try PrivateKey.generate())
    let signed = try delegation(
      from: owner, to: USDT.nile, key: hot, block: BlockID(hex: Self.block), headTime: Self.headTime)
    let shown = try TransactionInspection(hex: Hex.encode(signed.encoded()))
    #expect(shown.contract == "DelegateResourceContract" && shown.signers == [hot.address])
    #expect(shown.owner == owner && shown.receiver == USDT.nile && shown.balance == Sun(5_000_000))
    #expect(shown.lock == false && shown.permissionID == 2 && shown.bandwidth == signed.bandwidth)
  }

  @Test func onlyTheExpectedReclaimIsSigned() throws {
    let (owner, hot) = (try PrivateKey.generate().address, try PrivateKey.generate())
    func hex(_ contract: Contract, permission: Int32 = 2) throws -> String {
      let raw = RawTransaction(
        referencing: try BlockID(hex: Self.block), expiration: Self.headTime + 60_000, timestamp: Self.headTime,
        contract: contract, permissionID: permission)
      return Hex.encode(raw.encoded())
    }
    let reclaim = Contract.undelegateResource(owner: owner, receiver: USDT.nile, resource: .energy, balance: Sun(1))
    #expect(try approve(hex(reclaim), receiver: USDT.nile, key: hot).signers() == [hot.address])
    #expect(throws: TransactionError.self) { try approve(hex(reclaim), receiver: USDT.mainnet, key: hot) }
    #expect(throws: TransactionError.self) { try approve(hex(reclaim, permission: 0), receiver: USDT.nile, key: hot) }
    let transfer = Contract.transfer(owner: owner, to: USDT.nile, amount: Sun(1))
    #expect(throws: TransactionError.self) { try approve(hex(transfer), receiver: USDT.nile, key: hot) }
    let unread = try hex(reclaim) + "620107"
    #expect(throws: TransactionError.self) { try approve(unread, receiver: USDT.nile, key: hot) }
  }

  @Test func aRestrictedKeyMayOnlyDelegateAndReclaim() throws {
    let hot = try PrivateKey.generate().address
    guard case .updatePermissions(let update) = try restriction(of: USDT.nile, owner: USDT.mainnet, hotKey: hot) else {
      Issue.record("another contract")
      return
    }
    let account = ChainAccount(address: USDT.nile, ownerPermission: update.owner, activePermissions: update.actives)
    let transfer = Contract.transfer(owner: USDT.nile, to: hot, amount: Sun(1))
    let reclaim = Contract.undelegateResource(owner: USDT.nile, receiver: hot, resource: .energy, balance: Sun(1))
    #expect(account.permits(hot, reclaim, permissionID: 2) && !account.permits(hot, transfer, permissionID: 2))
    #expect(!account.permits(hot, transfer, permissionID: 0))
  }

  @Test func aWalletSignsInOnceAndInTime() throws {
    let key = try PrivateKey.generate()
    var login = Login(service: "energy.example")
    let text = login.challenge(for: key.address, nonce: "7f3a", now: 1_000)
    let signature = try MessageSigning.sign(text, with: key).hex
    #expect(try login.enter(text, signature: signature, as: key.address, now: 2_000))
    #expect(try !login.enter(text, signature: signature, as: key.address, now: 3_000))
    let late = login.challenge(for: key.address, nonce: "7f3b", now: 1_000)
    #expect(try !login.enter(late, signature: MessageSigning.sign(late, with: key).hex, as: key.address, now: 301_000))
    let stranger = login.challenge(for: key.address, nonce: "7f3c", now: 1_000)
    let other = try MessageSigning.sign(stranger, with: PrivateKey.generate()).hex
    #expect(try !login.enter(stranger, signature: other, as: key.address, now: 2_000))
  }

  @Test func tokensAreSentAndReadFromTheLog() throws {
    let key = try PrivateKey.generate()
    let sent = try payment(
      from: key.address, to: USDT.nile, amount: 12_500_000, key: key, block: BlockID(hex: Self.block),
      headTime: Self.headTime)
    let shown = try TransactionInspection(sent)
    #expect(shown.function == "transfer(address,uint256)" && shown.contractAddress == USDT.mainnet)
    #expect(shown.tokenReceiver == USDT.nile && shown.tokenAmount == 12_500_000 && shown.feeLimit == Sun(30_000_000))

    func log(_ token: TronAddress, _ amount: Int64) throws -> EventLog {
      EventLog(
        address: token, topics: [TokenTransfer.topic, ABIWord(key.address).bytes, ABIWord(USDT.nile).bytes],
        data: try ABIWord(amount).bytes)
    }
    func receipt(succeeded: Bool = true, _ logs: [EventLog]) -> TransactionInfo {
      TransactionInfo(id: sent.id, blockNumber: 1, blockTimestamp: Self.headTime, succeeded: succeeded, logs: logs)
    }
    let good = try log(USDT.mainnet, 12_500_000)
    #expect(try income(of: USDT.nile, in: receipt([good, good])).map(\.amount) == [12_500_000, 12_500_000])
    #expect(try income(of: key.address, in: receipt([good])).isEmpty)
    #expect(try income(of: USDT.nile, in: receipt(succeeded: false, [good])).isEmpty)
    #expect(try income(of: USDT.nile, in: receipt([log(USDT.mainnet, 0)])).isEmpty)
    // Anybody's contract can say that it has moved tokens.
    #expect(try income(of: USDT.nile, in: receipt([log(key.address, 12_500_000)])).isEmpty)
  }
}
