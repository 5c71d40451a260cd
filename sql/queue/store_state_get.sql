SELECT epoch, beats FROM store_state
