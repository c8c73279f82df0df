import Foundation
import Testing
import TronKit

@Suite struct AmountTests {
  @Test(arguments: [
    ("0", 0), ("12", 12_000_000), ("12.5", 12_500_000), ("0.000001", 1), ("007", 7_000_000),
    ("9223372036854.775807", Int64.max),
  ])
  func textsOfTRXAreRead(text: String, sun: Int64) throws {
    #expect(try Sun.parse(trx: text) == Sun(sun))
  }

  @Test(arguments: ["", ".", "1.", ".5", "-1", "+1", "1e3", "1,5", "1.0000001", "0x10", " 1", "1.2.3", "٣"])
  func otherTextsAreRefused(text: String) {
    let error = #expect(throws: AmountError.self) { try Sun.parse(trx: text) }
    #expect(error?.code == "invalid_amount")
  }

  @Test func whatDoesNotFitIsAnErrorAndNotATrap() throws {
    #expect(throws: AmountError.self) { try Sun.parse(trx: "9223372036854.775808") }
    #expect(throws: AmountError.self) { try Sun(.max).adding(Sun(1)) }
    #expect(throws: AmountError.self) { try Sun(.min).subtracting(Sun(1)) }
    #expect(throws: AmountError.self) { try Sun(.max).multiplied(by: 2) }
    #expect(throws: AmountError.self) { try Sun(trx: .max) }
    #expect(throws: AmountError.self) { try Energy(.max).adding(Energy(1)) }
    #expect(throws: AmountError.self) { try Energy(.min).subtracting(Energy(1)) }
    #expect(throws: AmountError.self) { try Energy(.max).multiplied(by: 2) }
    #expect(try Sun(2).adding(Sun(3)).multiplied(by: 4).subtracting(Sun(1)) == Sun(19))
  }

  @Test(arguments: [
    (Int64(12_500_000), "12.5 TRX"), (0, "0 TRX"), (1, "0.000001 TRX"), (-1_500_000, "-1.5 TRX"),
    (Int64.min, "-9223372036854.775808 TRX"),
  ])
  func sunIsShownAsTRX(sun: Int64, text: String) {
    #expect(Sun(sun).description == text)
  }

  @Test func inJSONAmountsAreIntegers() throws {
    let json = try JSONEncoder().encode([Sun(9_007_199_254_740_993)])
    #expect(String(decoding: json, as: UTF8.self) == "[9007199254740993]")
    #expect(try JSONDecoder().decode([Sun].self, from: json) == [Sun(9_007_199_254_740_993)])
    #expect(try JSONDecoder().decode([Energy].self, from: Data("[65000]".utf8)) == [Energy(65_000)])
  }

  @Test(arguments: [Int64(1), 32_000, 65_000, 131_000, 100_000_000])
  func theStakeForAnEnergyYieldsItAndOneSunLessDoesNot(energy: Int64) throws {
    let ratio = try #require(StakeRatio(totalEnergyLimit: 180_000_000_000, totalEnergyWeight: 18_971_780_957))
    let stake = try ratio.stake(for: Energy(energy))
    #expect(try ratio.energy(for: stake) >= Energy(energy))
    #expect(try ratio.energy(for: stake.subtracting(Sun(1))) < Energy(energy))
  }

  @Test func theStakeFor65000EnergyIsTheRecordedOne() throws {
    let ratio = try #require(StakeRatio(totalEnergyLimit: 180_000_000_000, totalEnergyWeight: 18_971_780_957))
    #expect(try ratio.stake(for: Energy(65_000)).value / Sun.perTRX == 6_850)
    #expect(StakeRatio(totalEnergyLimit: 0, totalEnergyWeight: 0) == nil)
    #expect(throws: AmountError.self) { try ratio.stake(for: Energy(.max)) }
  }
}
